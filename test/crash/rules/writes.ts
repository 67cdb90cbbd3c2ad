import type { ChangeKind, ChangeRow } from "../../../src/storage/rows.ts";
import { type Attempt, isAcknowledged, isWritten, type OperationName } from "../client-log.ts";
import { type Finding, finding } from "../finding.ts";
import type { World } from "../world.ts";

const kinds: Partial<Record<OperationName, ChangeKind>> = {
  create: "created",
  createOnce: "created",
  createKeyed: "created",
  createPair: "created",
  update: "updated",
  patch: "updated",
  modify: "modified",
  switch: "switched",
  delete: "deleted",
  restore: "restored",
  purge: "purged",
};

/** Each acknowledged write stands once, as acknowledged; a refused one not at all; an unknown one whole or not at all. */
export function writeFindings({ feed, resources }: World, attempts: readonly Attempt[]): Finding[] {
  const byActor = Map.groupBy(feed, ({ by }) => by);
  const groups = Map.groupBy(
    attempts.filter(({ operation }) => operation !== "putBlob"),
    ({ by }) => by,
  );
  const findings = [...groups].flatMap(([by, group]) => ofGroup(by, group, byActor.get(by) ?? []));
  for (const [by, rows] of byActor) if (!groups.has(by)) findings.push(finding("ghost", `${by} changed ${rows[0]?.id} and never asked to`));
  findings.push(...attempts.flatMap((attempt) => (isWritten(attempt) ? hashFindings(attempt, resources) : [])));
  return findings;
}

/** Calls of one actor: mostly one; several where they share an idempotency key. */
function ofGroup(by: string, group: readonly Attempt[], rows: readonly ChangeRow[]): Finding[] {
  const { operation = "create", count = 1 } = group[0] ?? {};
  const kind = kinds[operation];
  const findings: Finding[] = [];
  if (rows.some((row) => row.kind !== kind))
    findings.push(finding("ghost", `${by} asked for ${operation}, and there is a ${rows[0]?.kind}`));
  const open = group.some(({ answer }) => !answer || answer.outcome === "unknown");
  const told = group.filter((attempt) => isAcknowledged(attempt) && attempt.answer?.changed);
  if (told.length > 0 && rows.length === 0) findings.push(finding("lost", `${operation} of ${by} was acknowledged and is not there`));
  if (told.length === 0 && !open && rows.length > 0) findings.push(finding("ghost", `${operation} of ${by} was refused and is there`));
  if (rows.length > 0 && rows.length < count) findings.push(finding("half", `${by}: ${rows.length} of ${count} changes are there`));
  if (rows.length > count) findings.push(finding("ghost", `${operation} of ${by} is there ${rows.length} times`));
  for (const { answer } of told) {
    for (const state of answer?.states ?? []) {
      const row = rows.find(({ id }) => id === state.id);
      if (!row) findings.push(finding("lost", `${by} was told of ${state.id}, which has no change of it`));
      else if (row.version !== (state.version ?? row.version) || row.revision !== (state.revision ?? row.revision))
        findings.push(finding("lost", `${by} was told version ${state.version} of ${state.id}, it is ${row.version}`));
    }
  }
  return findings;
}

/** The revision that was acknowledged still has the bytes that were acknowledged, unless it was replaced by a later modify. */
function hashFindings({ by, answer }: Attempt, resources: World["resources"]): Finding[] {
  return (answer?.states ?? []).flatMap(({ id, revision, hash, version }) => {
    const known = resources.get(id);
    if (!known?.readable || revision === null || version === null || known.rows.at(-1)?.kind === "purged") return [];
    const replaced = known.rows.some((row) => row.kind === "modified" && row.revision === revision && row.version > version);
    if (replaced || known.revisions[revision - 1]?.hash === hash) return [];
    return [finding("lost", `${by}: revision ${revision} of ${id} is not the one that was acknowledged`)];
  });
}

/** One write per version: two clients were never told that they made the same one. */
export function versionFindings(attempts: readonly Attempt[]): Finding[] {
  const makers = new Map<string, string>();
  return attempts.filter(isWritten).flatMap(({ by, answer }) =>
    (answer?.states ?? []).flatMap(({ id, version }) => {
      if (version === null) return [];
      const key = `${id} version ${version}`;
      const other = makers.get(key);
      makers.set(key, by);
      return other === undefined ? [] : [finding("version-twice", `${key} was acknowledged to ${other} and ${by}`)];
    }),
  );
}

/** A write with an expected version made the next one, and no other. */
export function expectedFindings(attempts: readonly Attempt[]): Finding[] {
  return attempts.filter(isWritten).flatMap(({ by, ifVersion, answer }) => {
    const version = answer?.states[0]?.version ?? null;
    return ifVersion === null || version === null || version === ifVersion + 1
      ? []
      : [finding("version-twice", `${by} expected version ${ifVersion} and made ${version}`)];
  });
}

/** Answers that no storage may give, whatever happens to it. */
export function answerFindings(attempts: readonly Attempt[]): Finding[] {
  const impossible = new Set(["INTERNAL", "DATA_CORRUPTION", "BAD_REQUEST", "VALIDATION_FAILED", "UNSUPPORTED"]);
  return attempts.flatMap(({ operation, by, answer }) =>
    answer?.code && impossible.has(answer.code) ? [finding("answer", `${operation} of ${by}: ${answer.code} ${answer.message}`)] : [],
  );
}
