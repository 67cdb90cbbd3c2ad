import { setTimeout } from "node:timers/promises";
import type { BackendName } from "../../storage/conformance.ts";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { below, seeded } from "../random.ts";
import { ownPostgres } from "../servers.ts";
import type { Outcome, Size } from "./scenario.ts";

const sizes: Record<Size, number> = { slice: 10, soak: 50 };
const processes = 4;
const readyMs = 5_000;

/** The database server is killed under load and started again: our processes stay, and write again within seconds. */
export async function serverKills(backend: BackendName, size: Size, tell: (text: string) => void): Promise<Outcome> {
  const server = await ownPostgres();
  const place = await Place.make(backend);
  const children = Array.from({ length: processes }, () => place.start({ workers: 4 }));
  const random = seeded(Date.now());
  const findings: Finding[] = [];
  let slowest = 0;
  for (let cycle = 1; cycle <= sizes[size]; cycle++) {
    const before = children.map(({ acknowledged }) => acknowledged);
    await Promise.all(children.map((child, index) => child.until(({ acknowledged }) => acknowledged > (before[index] ?? 0) + 30)));
    await setTimeout(below(random, 50));
    await server.kill();
    await setTimeout(below(random, 500));
    await server.start();
    const back = performance.now();
    const then = children.map(({ acknowledged }) => acknowledged);
    const ready = await Promise.all(
      children.map((child, index) => child.until(({ acknowledged }) => acknowledged > (then[index] ?? 0), 30_000)),
    );
    slowest = Math.max(slowest, performance.now() - back);
    if (ready.includes(false)) findings.push(finding("stuck", "a process does not write again after the server is back"));
    tell(`${cycle} kills, ${place.written} acknowledged writes, slowest ready after ${Math.round(slowest)} ms`);
  }
  await Promise.all(children.map((child) => child.kill()));
  if (slowest > readyMs) findings.push(finding("stuck", `ready ${Math.round(slowest)} ms after the server was back`));
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: sizes[size], acknowledged, findings, note: `ready after ${Math.round(slowest)} ms at most` };
}
