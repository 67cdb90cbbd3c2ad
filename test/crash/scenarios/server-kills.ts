import { setTimeout } from "node:timers/promises";
import type { BackendName } from "../../storage/conformance.ts";
import type { Child } from "../child-process.ts";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { below, type Random, seeded } from "../random.ts";
import { ownPostgres } from "../servers.ts";
import { type Outcome, type Run, type Size, sum } from "./scenario.ts";

/** Kills, in places of at most so many: the logs of all attempts lie in memory. */
const sizes: Record<Size, number> = { slice: 10, soak: 50 };
const perPlace = 10;
const processes = 4;
const readyMs = 5_000;

/** The database server is killed under load and started again: our processes stay, and write again within seconds. */
export async function serverKills(backend: BackendName, { size, tell, goesOn }: Run): Promise<Outcome> {
  const random = seeded(Date.now());
  const outcomes: Outcome[] = [];
  let slowest = 0;
  for (let left = sizes[size]; left > 0 && goesOn(); left -= perPlace) {
    const place = await Place.make(backend);
    const children = Array.from({ length: processes }, () => place.start({ workers: 4 }));
    const findings: Finding[] = [];
    let cycles = 0;
    for (; cycles < Math.min(left, perPlace) && goesOn(); cycles++) {
      const ready = await killServer(children, random);
      if (ready === undefined) findings.push(finding("stuck", "a process does not write again after the server is back"));
      slowest = Math.max(slowest, ready ?? 0);
      const kills = sum(outcomes).cycles + cycles + 1;
      tell(kills / sizes[size], `${kills} kills, ${place.written} acknowledged writes, slowest ready after ${Math.round(slowest)} ms`);
    }
    await Promise.all(children.map((child) => child.kill()));
    const acknowledged = place.written;
    findings.push(...(await place.check()), ...(await place.checkBytes()));
    await place.remove();
    outcomes.push({ cycles, acknowledged, findings });
  }
  const late = slowest > readyMs ? [finding("stuck", `ready ${Math.round(slowest)} ms after the server was back`)] : [];
  const { findings, ...rest } = sum(outcomes);
  return { ...rest, findings: [...findings, ...late], note: `ready after ${Math.round(slowest)} ms at most` };
}

/** Once. Answers after how many milliseconds of the server's return all processes have written; undefined where one does not. */
async function killServer(children: readonly Child[], random: Random): Promise<number | undefined> {
  const allWrite = async (more: number, patienceMs?: number) => {
    const before = children.map(({ acknowledged }) => acknowledged);
    const each = children.map((child, i) => child.until(({ acknowledged }) => acknowledged > (before[i] ?? 0) + more, patienceMs));
    return !(await Promise.all(each)).includes(false);
  };
  const server = await ownPostgres();
  await allWrite(30);
  await setTimeout(below(random, 50));
  await server.kill();
  await setTimeout(below(random, 500));
  await server.start();
  const back = performance.now();
  return (await allWrite(0, 30_000)) ? performance.now() - back : undefined;
}
