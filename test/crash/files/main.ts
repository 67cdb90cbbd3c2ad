import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskStorage } from "../../../src/disk.ts";
import { fail, SpecStarError } from "../../../src/errors.ts";
import { systemContext } from "../../../src/storage/context.ts";
import { check, checkByWriting } from "../checker.ts";
import { Client } from "../client.ts";
import { clientLog, isWritten, type Line } from "../client-log.ts";
import { type Finding, finding } from "../finding.ts";
import { formerSpecs } from "../notes.ts";
import { openManagers } from "../open-managers.ts";
import { seeded } from "../random.ts";
import type { Outcome } from "../scenarios/scenario.ts";
import { ForgetfulDisk } from "./forgetful-disk.ts";
import { fileScript } from "./script.ts";
import { type FileCall, type FileWatch, watchFiles } from "./watched-fs.ts";

/**
 * A program of its own, because its file calls are redirected: `node --import ./redirect.ts main.ts <order>`. At every k-th
 * file call of a script something goes wrong; afterwards the storage is opened anew and must be whole. The outcome is written
 * to standard output.
 */
export interface FileOrder {
  /** `power`: the power fails before the call; else every such call fails with this errno once. */
  readonly fault: "EIO" | "ENOSPC" | "power";
  /** Every so many calls: 1 tries all. */
  readonly step: number;
  /** For `power`: calls that the disk takes no notice of. */
  readonly deaf?: readonly string[];
}

const order: FileOrder = JSON.parse(process.argv[2] ?? "");

/** In memory where the machine has that: the faults are ours, and the real disk only costs time. */
const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const everyBodyAFile = (dir: string) => diskStorage(dir, { inlineBytes: 0 });
const errno = (code: string, { name }: FileCall): Error =>
  Object.assign(new Error(`${code}: injected`), { code, errno: -5, syscall: name });

/** One run, with a fault at the k-th call. `reached` is false when the script made fewer calls. */
async function run(at: number): Promise<{ reached: boolean; acknowledged: number; findings: Finding[] }> {
  const dir = mkdtempSync(join(root, "specstar-files-"));
  const lines: Line[] = [];
  const disk = new ForgetfulDisk([join(dir, "revisions"), join(dir, "blobs")], order.deaf);
  let calls = 0;
  let lost = false;
  const before: FileWatch["before"] = (call) => {
    calls += 1;
    if (calls >= at && order.fault === "power") lost = true;
    if (lost) throw errno("EIO", call);
    if (calls === at) throw errno(order.fault, call);
  };
  watchFiles({ before, after: (call) => disk.record(call) });
  const findings: Finding[] = [];
  try {
    const managers = await openManagers(everyBodyAFile(dir), systemContext, formerSpecs);
    await fileScript(managers, new Client("c", (line) => lines.push(line)), () => !lost);
    await managers.close();
    // What reads them then is another version of the program, which fills columns from all of them, and writes no files.
    if (order.fault !== "power") await fillColumns(dir);
  } catch (thrown) {
    if (!(thrown instanceof SpecStarError) || thrown.code !== "UNAVAILABLE") findings.push(finding("answer", `opening: ${thrown}`));
  }
  watchFiles(undefined);
  if (order.fault === "power") disk.losePower(at % 2 === 0 ? seeded(at) : undefined);
  const acknowledged = clientLog(lines).attempts.filter(isWritten).length;
  findings.push(...(await afterwards(dir, lines)).map(({ rule, about }) => finding(rule, `call ${at}: ${about}`)));
  rmSync(dir, { recursive: true });
  return { reached: calls >= at, acknowledged, findings };
}

async function fillColumns(dir: string): Promise<void> {
  const managers = await openManagers(everyBodyAFile(dir));
  await managers.storage.schema.filled();
  await managers.close();
}

async function afterwards(dir: string, lines: Line[]): Promise<Finding[]> {
  const managers = await openManagers(everyBodyAFile(dir));
  await managers.storage.schema.filled();
  try {
    const client = new Client("check", (line) => lines.push(line));
    const findings = await check(managers, clientLog(lines));
    return findings.length > 0 ? findings : await checkByWriting(managers, clientLog(lines), client);
  } finally {
    await managers.close();
  }
}

let outcome: Outcome = { cycles: 0, acknowledged: 0, findings: [] };
for (let at = 1; ; at += order.step) {
  const { reached, acknowledged, findings } = await run(at);
  if (!reached) break;
  if (at > 2_000) throw fail("INTERNAL", "The script never ends");
  outcome = {
    cycles: outcome.cycles + 1,
    acknowledged: outcome.acknowledged + acknowledged,
    findings: [...outcome.findings, ...findings],
  };
}
process.stdout.write(JSON.stringify(outcome));
