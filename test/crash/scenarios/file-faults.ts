import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FileOrder } from "../files/main.ts";
import { finding } from "../finding.ts";
import { type Outcome, type Size, sum } from "./scenario.ts";

const files = join(import.meta.dirname, "..", "files");
const run = promisify(execFile);

/** In a process of its own, whose file calls are watched. */
export async function fileFaults(order: FileOrder): Promise<Outcome> {
  const args = ["--conditions=source", "--import", join(files, "redirect.ts"), join(files, "main.ts"), JSON.stringify(order)];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  const outcome: Outcome = JSON.parse(stdout);
  return outcome;
}

const steps: Record<Size, number> = { slice: 3, soak: 1 };

/** An error at the k-th file call. */
export async function fileErrors(size: Size): Promise<Outcome> {
  const step = steps[size];
  return sum([await fileFaults({ fault: "EIO", step }), await fileFaults({ fault: "ENOSPC", step })]);
}

/** The power fails at the k-th file call; and a disk that keeps no syncs must be found out, or this would prove nothing. */
export async function powerLoss(size: Size): Promise<Outcome> {
  const outcome = await fileFaults({ fault: "power", step: steps[size] });
  const blind: string[] = [];
  for (const call of [".datasync", ".sync"]) {
    const { findings } = await fileFaults({ fault: "power", step: 7, deaf: [call] });
    if (findings.length === 0) blind.push(call);
  }
  return { ...outcome, findings: [...outcome.findings, ...blind.map((call) => finding("stuck", `nobody misses ${call}`))] };
}
