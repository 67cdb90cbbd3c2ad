import { statfs } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { diskStorage } from "../../../src/disk.ts";
import { schemaCrashPoints, setCrashHandler } from "../../../src/storage/crash-points.ts";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import { type Finding, finding } from "../finding.ts";
import { openManagers } from "../open-managers.ts";
import { Place } from "../place.ts";
import { below, type Random, seeded } from "../random.ts";
import { onSmallFileSystem } from "./full-disk.ts";
import { type Outcome, type Run, type Size, sum } from "./scenario.ts";

/** Several batches of 500. */
const notes = 1_400;
const sizes: Record<Size, number> = { slice: 1, soak: 20 };

/** Data of a former version, and processes of today's that are killed while they fill columns; one of the former version is still there. */
export async function killsWhileFilling(backend: BackendName, { size, tell, goesOn }: Run): Promise<Outcome> {
  const random = seeded(Date.now());
  const outcomes: Outcome[] = [];
  for (let round = 1; round <= sizes[size] && goesOn(); round++) {
    outcomes.push(await fillAndKill(backend, random));
    const { cycles, findings } = sum(outcomes);
    tell(round / sizes[size], `${cycles} kills, ${findings.length} findings`);
  }
  return sum(outcomes);
}

async function fillAndKill(backend: BackendName, random: Random): Promise<Outcome> {
  const place = await Place.make(backend);
  await place.fillFormer(notes);
  const former = backends[backend].shared ? place.start({ former: true, workers: 2 }) : undefined;
  await former?.until(({ ready }) => ready);
  const findings: Finding[] = [];
  for (const point of schemaCrashPoints) {
    const child = place.start({ workers: 2, crash: { points: [point], action: "kill", hit: 1 } });
    if (!(await child.until(({ points }) => points.has(point)))) findings.push(finding("stuck", `${point} was never reached`));
    await child.kill();
    if (point !== "after-columns-added") continue;
    const other = place.start({ workers: 2 });
    await other.until(({ ready }) => ready);
    await setTimeout(below(random, 20));
    await other.kill();
  }
  await former?.kill();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: 1 + schemaCrashPoints.length, acknowledged, findings };
}

/** A disk that becomes full between two batches: columns are filled when it has room again, and say until then that they are not. */
export const fullWhileFilling = (): Promise<Outcome> =>
  onSmallFileSystem("64m", async (dir, resize) => {
    const place = Place.of("disk", dir);
    await place.fillFormer(notes);
    const { blocks, bavail, bsize } = await statfs(dir);
    const used = (blocks - bavail) * bsize;
    setCrashHandler((point) => {
      if (point !== "after-fill-batch") return;
      setCrashHandler(undefined);
      resize(used);
    });
    const findings: Finding[] = [];
    const { storage, close } = await openManagers(diskStorage(dir));
    const failure = () => storage.schema.progress()[0]?.failure;
    for (let waited = 0; failure() === undefined && waited < 30_000; waited += 10) await setTimeout(10);
    if (!failure()?.includes("full")) findings.push(finding("stuck", `on a full disk, filling says ${failure()}`));
    resize(200_000_000);
    if ((await storage.schema.filled()).length > 0) findings.push(finding("stuck", "columns are not filled when the disk has room again"));
    await close();
    const acknowledged = place.written;
    findings.push(...(await place.check()));
    return { cycles: 1, acknowledged, findings };
  });
