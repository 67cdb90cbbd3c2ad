import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { type Outcome, sum } from "./scenario.ts";

/** Failed writes to wait for: enough that every kind of write has met the wall. */
const failures = 60;

/** A disk that is really full, and files that may not grow: writes are refused, nothing is lost, and work goes on when there is room. */
export async function fullDisk(): Promise<Outcome> {
  return sum([await fileSizeLimit(), ...(mayMount() ? [await smallFileSystem()] : [])]);
}

/** `ulimit -f`: a write beyond it fails with EFBIG, and half of it may have been written. */
async function fileSizeLimit(): Promise<Outcome> {
  const place = await Place.make("disk");
  const limited = ["sh", "-c", `trap "" XFSZ; ulimit -f 4096; exec "$@"`, "sh"];
  const child = place.start({ workers: 4 }, limited);
  const findings = await untilFull(child.until((each) => each.unknown >= failures, 60_000));
  await child.kill();
  return end(place, findings);
}

/** A disk that grows again while the process runs: it must go on by itself. */
const smallFileSystem = (): Promise<Outcome> =>
  onSmallFileSystem("4m", async (dir, resize) => {
    const place = Place.of("disk", join(dir, "data"));
    const child = place.start({ workers: 4 });
    const findings = await untilFull(child.until((each) => each.unknown >= failures, 60_000));
    resize(200_000_000);
    const before = child.acknowledged;
    if (!(await child.until(({ acknowledged }) => acknowledged > before + 100, 30_000)))
      findings.push(finding("stuck", "a process does not go on when the disk has room again"));
    await child.kill();
    return await end(place, findings);
  });

/** A file system in memory, which can become smaller and larger, down to what is on it. */
export async function onSmallFileSystem(
  size: string,
  work: (dir: string, resize: (bytes: number) => void) => Promise<Outcome>,
): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "specstar-full-"));
  mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir);
  try {
    return await work(dir, (bytes) => mount("-o", `remount,size=${bytes}`, dir));
  } finally {
    execFileSync("umount", [dir]);
    await rm(dir, { recursive: true });
  }
}

async function untilFull(filled: Promise<boolean>): Promise<Finding[]> {
  return (await filled) ? [] : [finding("stuck", "the disk never became full")];
}

async function end(place: Place, findings: Finding[]): Promise<Outcome> {
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: 1, acknowledged, findings };
}

const mount = (...args: readonly string[]): void => {
  execFileSync("mount", args, { stdio: "ignore" });
};

/** Only root may, and not in every container. */
export function mayMount(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return false;
  try {
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt");
    execFileSync("umount", ["/mnt"]);
    return true;
  } catch {
    return false;
  }
}
