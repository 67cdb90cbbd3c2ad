import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { fail } from "../../src/errors.ts";
import { systemContext } from "../../src/storage/context.ts";
import { type CrashPoint, schemaCrashPoints, setCrashHandler } from "../../src/storage/crash-points.ts";
import { backends } from "./backends.ts";
import { Client } from "./client.ts";
import { type Line, monotonicMs } from "./client-log.ts";
import { contend } from "./contend.ts";
import { runLoad } from "./load.ts";
import { formerSpecs, specs } from "./notes.ts";
import { openManagers } from "./open-managers.ts";
import type { CrashOrder, Order } from "./order.ts";

/**
 * A process that writes until it is killed, and says on standard output what it asked and what it was told: `child.ts <order>`.
 * Lines are written at once: what was acknowledged to the client is known to the parent, however the process ends.
 */
const order: Order = JSON.parse(process.argv[2] ?? "");
const schemaPoints: ReadonlySet<CrashPoint> = new Set(schemaCrashPoints);

function say(line: Line): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (thrown) {
      // The parent is behind: wait for it, in this very thread.
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN")) throw thrown;
      block(1);
    }
  }
}

/** Stops this thread, for so many milliseconds or for ever. */
function block(ms?: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Does at each of the points, at its `hit`-th time, what the order says. */
function crashAt({ points, action, hit }: CrashOrder): void {
  const hits = new Map<CrashPoint, number>();
  setCrashHandler((point) => {
    if (!points.includes(point)) return;
    hits.set(point, (hits.get(point) ?? 0) + 1);
    if (hits.get(point) !== hit) return;
    say({ kind: "point", point });
    actions[action](point);
  });
}

const actions: Record<CrashOrder["action"], (point: CrashPoint) => void> = {
  kill: () => process.kill(process.pid, "SIGKILL"),
  throw: (point) => {
    throw fail("UNAVAILABLE", `Crashed at ${point}`);
  },
  hang: () => block(),
  pause: () => process.kill(process.pid, "SIGSTOP"),
};

const storage = await backends[order.backend].open(order.at);
// Schemas are changed while a storage is opened; all other points count from then on.
const early = order.crash?.points.some((point) => schemaPoints.has(point)) ?? false;
if (order.crash && early) crashAt(order.crash);
const managers = await openManagers(storage, systemContext, order.former ? formerSpecs : specs);
// A process that is killed leaves no compiled code.
flushCompileCache();
say({ kind: "ready", at: monotonicMs() });
if (order.crash && !early) crashAt(order.crash);

const client = new Client(order.name, say);
if (order.load === "contend") await contend(managers, client, order);
else await runLoad(managers, client, { ...order, goesOn: () => true });
await managers.close();
