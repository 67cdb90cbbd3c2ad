import { setTimeout } from "node:timers/promises";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import { FaultProxy, type ProxyFault } from "../fault-proxy.ts";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { below, type Random, seeded } from "../random.ts";
import { type Outcome, type Run, type Size, sum } from "./scenario.ts";

/** Rounds of all faults, in places of at most so many: the logs of all attempts lie in memory. */
const sizes: Record<Size, number> = { slice: 2, soak: 60 };
const perPlace = 4;

/** Each for a moment; `cutRequest` at another byte every time. */
const faults = (bytes: number): readonly ProxyFault[] => [
  { kind: "loseReply" },
  { kind: "cutRequest", bytes },
  { kind: "stall" },
  { kind: "delay", ms: 40 },
  { kind: "refuse" },
];

/** Processes whose connections to the server are cut, stalled and slowed: each time they go on by themselves. */
export async function brokenNetwork(backend: BackendName, { size, tell, goesOn }: Run): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  const random = seeded(Date.now());
  for (let left = sizes[size]; left > 0 && goesOn(); left -= perPlace) {
    outcomes.push(await rounds(backend, Math.min(left, perPlace), random));
    const { cycles, acknowledged, findings } = sum(outcomes);
    const all = sizes[size] * faults(0).length;
    tell(cycles / all, `${cycles} faults, ${acknowledged} acknowledged writes, ${findings.length} findings`);
  }
  return sum(outcomes);
}

async function rounds(backend: BackendName, count: number, random: Random): Promise<Outcome> {
  const { server, shared } = backends[backend];
  const place = await Place.make(backend);
  const proxy = await FaultProxy.start("127.0.0.1", server?.port(place.at) ?? 0);
  const at = server?.through(place.at, proxy.port) ?? place.at;
  const children = Array.from({ length: shared ? 2 : 1 }, () => place.start({ at }));
  await Promise.all(children.map((child) => child.until(({ ready }) => ready)));
  const findings: Finding[] = [];
  const all = Array.from({ length: count }, () => faults(below(random, 8_000))).flat();
  for (const fault of all) {
    await setTimeout(below(random, 100));
    proxy.set(fault);
    await setTimeout(200 + below(random, 600));
    proxy.set({ kind: "none" });
    for (const child of children) {
      const before = child.acknowledged;
      if (!(await child.until(({ acknowledged }) => acknowledged >= before + 20, 40_000)))
        findings.push(finding("stuck", `a process does not go on after ${JSON.stringify(fault)}`));
    }
  }
  await Promise.all(children.map((child) => child.kill()));
  await proxy.close();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: all.length, acknowledged, findings };
}
