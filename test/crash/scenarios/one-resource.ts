import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import { isWritten } from "../client-log.ts";
import { contendedId } from "../contend.ts";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { type Outcome, type Run, type Size, sum } from "./scenario.ts";

const writers = 64;
/** Versions to make, in places of at most so many: the logs of all attempts lie in memory. */
const sizes: Record<Size, number> = { slice: 300, soak: 20_000 };
const perPlace = 1_000;

/** Many writers in several processes want to make each next version of one resource: exactly one may. */
export async function oneResource(backend: BackendName, { size, tell, goesOn }: Run): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (let left = sizes[size]; left > 0 && goesOn(); left -= perPlace) {
    outcomes.push(await rounds(backend, Math.min(left, perPlace)));
    const { cycles, findings } = sum(outcomes);
    tell(cycles / sizes[size], `${cycles} rounds, ${findings.length} findings`);
  }
  return sum(outcomes);
}

async function rounds(backend: BackendName, count: number): Promise<Outcome> {
  const place = await Place.make(backend);
  const processes = backends[backend].shared ? 4 : 1;
  const children = Array.from({ length: processes }, () =>
    place.start({ load: "contend", workers: writers / processes, versions: count + 1 }),
  );
  await Promise.all(children.map((child) => child.ended()));
  const { attempts } = place.log;
  const made = attempts.filter((attempt) => attempt.id === contendedId && attempt.operation === "update" && isWritten(attempt));
  const versions = new Set(made.map(({ answer }) => answer?.states[0]?.version));
  const findings: Finding[] = [];
  if (versions.size !== made.length) findings.push(finding("version-twice", `${made.length} successes made ${versions.size} versions`));
  if (versions.size < count) findings.push(finding("stuck", `${versions.size} of ${count} versions were made`));
  findings.push(...(await place.check()));
  await place.remove();
  return { cycles: count, acknowledged: made.length, findings };
}
