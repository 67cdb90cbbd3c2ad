import type { ChangeKind } from "../../../src/storage/rows.ts";
import { type Attempt, isWritten } from "../client-log.ts";
import { type Finding, finding } from "../finding.ts";
import type { World } from "../world.ts";

/** What each change may follow; `undefined` begins. */
const follows: Record<ChangeKind, readonly (ChangeKind | undefined)[]> = {
  created: [undefined],
  updated: ["created", "updated", "modified", "switched", "restored"],
  modified: ["created", "updated", "modified", "switched", "restored"],
  switched: ["created", "updated", "modified", "switched", "restored"],
  deleted: ["created", "updated", "modified", "switched", "restored"],
  restored: ["deleted"],
  purged: ["created", "updated", "modified", "switched", "deleted", "restored"],
};

/** Dense from the tail to the head, and per resource the versions one by one, each change after one that it can follow. */
export function feedFindings({ state, feed, resources }: World): Finding[] {
  const findings: Finding[] = [];
  for (const [index, { position }] of feed.entries()) {
    if (position === state.tail + index + 1) continue;
    findings.push(finding("feed-gap", `position ${position} stands where ${state.tail + index + 1} should`));
    break;
  }
  if (state.tail + feed.length !== state.head) findings.push(finding("feed-gap", `the head is ${state.head} over ${feed.length} rows`));
  for (const { id, rows } of resources.values()) {
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1];
      if (row.version !== index + 1) findings.push(finding("feed-order", `${id}: version ${row.version} stands as number ${index + 1}`));
      if (!follows[row.kind].includes(before?.kind))
        findings.push(finding("feed-order", `${id}: ${row.kind} follows ${before?.kind ?? "nothing"}`));
      if (before && row.at <= before.at)
        findings.push(finding("instants", `${id}: version ${row.version} is not later than the one before`));
    }
  }
  return findings;
}

/** A write that was answered before another one was called stands before it. */
export function feedTimeFindings({ feed }: World, attempts: readonly Attempt[]): Finding[] {
  const findings: Finding[] = [];
  const byActor = new Map(attempts.filter(isWritten).map((attempt) => [attempt.by, attempt]));
  let called = Number.NEGATIVE_INFINITY;
  for (const row of feed) {
    const attempt = byActor.get(row.by);
    if (!attempt?.answer) continue;
    if (attempt.answer.at < called)
      findings.push(finding("feed-order", `position ${row.position} was answered before one that stands before it was called`));
    called = Math.max(called, attempt.at);
  }
  return findings;
}
