import type { ChangeRow } from "../../src/storage/rows.ts";
import { type Attempt, isWritten, type Observation } from "./client-log.ts";
import { type Finding, finding, type Rule } from "./finding.ts";
import type { Known, World } from "./world.ts";

/** One operation on a resource: when it was called and answered, and where it stands among the states. */
interface Event {
  readonly from: number;
  /** Infinity for a write that was never answered. */
  readonly at: number;
  /** The version that a write made; a half more for a read of it. */
  readonly place: number;
  readonly what: string;
}

/**
 * Whether each resource behaved as if its operations had happened one after the other, each at an instant between its call
 * and its answer. Every write says which version it made, so the order of the states is known, and the question is only
 * whether it agrees with time: whoever was called after another one was answered stands not before it. One pass over
 * the calls in order of time says so.
 */
export function linearFindings({ resources }: World, attempts: readonly Attempt[], reads: readonly Observation[]): Finding[] {
  const calls = new Map(attempts.map((attempt) => [attempt.by, attempt]));
  const seen = Map.groupBy(observations(attempts, reads), ({ id }) => id);
  return [...resources.values()].flatMap((known) => {
    const observed = seen.get(known.id) ?? [];
    const events = [...writesOf(known, calls), ...observed.flatMap((read) => readOf(known, read, calls))];
    const modified = known.rows.filter(({ kind }) => kind === "modified");
    return [...timeFindings(known.id, events), ...observed.flatMap((read) => contentFindings(known, modified, read))];
  });
}

/** Reads, and what refusals and no-ops show of the state. */
function observations(attempts: readonly Attempt[], reads: readonly Observation[]): Observation[] {
  const shown = attempts.flatMap(({ id, type, at: from, answer }): Observation[] => {
    if (!answer) return [];
    if (id !== null && answer.code === "VERSION_MISMATCH" && answer.actual !== null)
      return [{ type, id, from, at: answer.at, version: answer.actual, revision: null, hash: null }];
    if (answer.outcome === "acknowledged" && !answer.changed)
      return answer.states.map((state) => ({ type, from, at: answer.at, ...state }));
    return [];
  });
  return [...reads, ...shown];
}

/** Idempotent writes are answered to several; the first call and the first answer enclose the instant. */
function writesOf({ rows }: Known, calls: ReadonlyMap<string, Attempt>): Event[] {
  return rows.flatMap(({ by, version, kind }) => {
    const attempt = calls.get(by);
    if (!attempt || attempt.operation === "createOnce") return [];
    return [
      { from: attempt.at, at: isWritten(attempt) ? (attempt.answer?.at ?? Infinity) : Infinity, place: version, what: `${kind} by ${by}` },
    ];
  });
}

/** A read that found nothing stands before the creation or after the purge, whichever time allows. */
function readOf({ rows }: Known, { from, at, version }: Observation, calls: ReadonlyMap<string, Attempt>): Event[] {
  if (version === null) return [];
  const last = rows.at(-1);
  const purge = last?.kind === "purged" ? calls.get(last.by) : undefined;
  const gone = version === 0 && last && purge && purge.at <= at;
  return [{ from, at, place: (gone ? last.version : version) + 0.5, what: `a read of version ${version}` }];
}

function timeFindings(id: string, events: readonly Event[]): Finding[] {
  const called = events.toSorted((a, b) => a.from - b.from);
  const answered = events.toSorted((a, b) => a.at - b.at);
  const findings: Finding[] = [];
  let next = 0;
  let before: Event | undefined;
  for (const event of called) {
    for (let done = answered[next]; done && done.at < event.from; done = answered[++next])
      if (!before || done.place > before.place) before = done;
    if (before && before.place > event.place)
      findings.push(finding(ruleOf(event), `${id}: ${event.what} was called after ${before.what} was answered`));
  }
  return findings;
}

const ruleOf = ({ place }: Event): Rule => (Number.isInteger(place) ? "real-time" : "stale-read");

/** What was read of a version is what the storage says of it today; only a later modify may have replaced the bytes. */
function contentFindings(
  { id, rows, revisions, readable }: Known,
  modified: readonly ChangeRow[],
  { version, revision, hash }: Observation,
): Finding[] {
  if (version === null || version === 0) return [];
  const row = rows[version - 1];
  if (!row) return [finding("ghost", `${id}: somebody read version ${version}, which is not there`)];
  if (revision === null || !readable || rows.at(-1)?.kind === "purged") return [];
  if (row.revision !== revision)
    return [finding("stable", `${id}: version ${version} was read as revision ${revision}, it is ${row.revision}`)];
  const replaced = modified.some((each) => each.revision === revision && each.version > version);
  return replaced || revisions[revision - 1]?.hash === hash
    ? []
    : [finding("stable", `${id}: revision ${revision} was read with other bytes at version ${version}`)];
}
