import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ChangeRow, Revision } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Finding, finding } from "../finding.ts";
import { dataOf, writerOf } from "../notes.ts";
import { countOf, type Known, readAll, type World } from "../world.ts";

/** What the feed says that a resource must be now. */
interface Told {
  readonly current: number;
  readonly state: "live" | "deleted" | "purged";
  /** Per revision: the row that made it, and the one that wrote it last. */
  readonly made: readonly ChangeRow[];
  readonly wrote: readonly ChangeRow[];
}

export function told(rows: readonly ChangeRow[]): Told {
  const made: ChangeRow[] = [];
  const wrote: ChangeRow[] = [];
  let state: Told["state"] = "live";
  for (const row of rows) {
    if (row.kind === "created" || row.kind === "updated") made.push(row);
    if (row.kind === "created" || row.kind === "updated" || row.kind === "modified") wrote[row.revision - 1] = row;
    state = row.kind === "deleted" || row.kind === "purged" ? row.kind : "live";
  }
  return { current: rows.at(-1)?.revision ?? 0, state, made, wrote };
}

/** Meta, revisions and their parents are what the feed tells; bodies are what their writers gave. */
export function historyFindings({ resources }: World): Finding[] {
  return [...resources.values()].flatMap((known) => (known.readable ? ofResource(known) : []));
}

function ofResource(known: Known): Finding[] {
  const { id, rows, stored, revisions } = known;
  const tale = told(rows);
  if (tale.state === "purged")
    return [stored, ...revisions].some((each) => each) ? [finding("ghost", `${id} was purged and can be read`)] : [];
  if (!stored) return [finding("lost", `${id} is in the feed and cannot be read`)];
  const findings = [...metaFindings(known, tale), ...rows.flatMap((row, index) => pointerFindings(row, rows, index))];
  for (const [index, revision] of revisions.entries()) {
    const made = tale.made[index];
    if (!made) {
      if (revision) findings.push(finding("ghost", `${id} has a revision ${index + 1} that the feed does not know`));
    } else if (!revision) findings.push(finding("numbers", `${id} has no revision ${index + 1} of ${countOf(rows)}`));
    else findings.push(...revisionFindings(known, revision, made, tale.wrote[index] ?? made));
  }
  if (!isDeepStrictEqual(stored.revision, revisions[tale.current - 1]))
    findings.push(finding("dangling", `${id}: the current revision is not revision ${tale.current}`));
  return findings;
}

function metaFindings({ id, rows, stored }: Known, { current, state }: Told): Finding[] {
  const [first, last] = [rows[0], rows.at(-1)];
  const expected = {
    id,
    version: last?.version,
    current,
    revisionCount: countOf(rows),
    state,
    createdAt: first?.at,
    createdBy: first?.by,
    updatedAt: last?.at,
    updatedBy: last?.by,
    deletedAt: state === "deleted" ? last?.at : null,
    status: stored?.revision.status,
  };
  const found = stored && Object.fromEntries(Object.entries(stored.meta).filter(([key]) => key in expected));
  return isDeepStrictEqual(found, expected)
    ? []
    : [finding("history", `${id}: meta is ${JSON.stringify(found)}, the feed tells ${JSON.stringify(expected)}`)];
}

/** A row names the revision that was current before it, and leads to one that was there. */
function pointerFindings(row: ChangeRow, rows: readonly ChangeRow[], index: number): Finding[] {
  const before = rows[index - 1]?.revision ?? null;
  const known = countOf(rows.slice(0, index));
  const fresh = row.kind === "created" || row.kind === "updated";
  const keeps = row.kind !== "switched" && !fresh;
  const previous = row.kind === "created" || row.kind === "modified" ? null : before;
  const right =
    row.previous === previous && (fresh ? row.revision === known + 1 : row.revision <= known) && (!keeps || row.revision === before);
  return right ? [] : [finding("history", `${row.id}: version ${row.version} ${row.kind} from ${row.previous} to ${row.revision}`)];
}

function revisionFindings({ id, type }: Known, revision: Revision, made: ChangeRow, wrote: ChangeRow): Finding[] {
  const findings: Finding[] = [];
  const { number, parent, hash, size, body, createdAt, createdBy, updatedAt, updatedBy } = revision;
  const name = `${id}:${number}`;
  if (revision.id !== id || number !== made.revision) findings.push(finding("numbers", `${name} stands where ${made.revision} should`));
  if (parent !== made.previous) findings.push(finding("parents", `${name} has parent ${parent}, made from ${made.previous}`));
  if (createdAt !== made.at || createdBy !== made.by || updatedAt !== wrote.at || updatedBy !== wrote.by)
    findings.push(finding("history", `${name} was made or written by others than the feed tells`));
  if (hash !== `sha256:${createHash("sha256").update(body).digest("hex")}` || size !== Buffer.byteLength(body))
    findings.push(finding("corrupt", `${name} does not match its hash or size`));
  const { file: _file, ...data }: { token?: string; file?: string } = JSON.parse(body);
  const token = data.token ?? "";
  if (writerOf(token) !== wrote.by || !isDeepStrictEqual(data, dataOf(type, token)))
    findings.push(finding("corrupt", `${name} does not hold what ${wrote.by} wrote`));
  return findings;
}

/** Resources whose whole past is read; those with the longest histories have the most to tell. */
const sampled = 40;

/** Reading as of each change shows what the pointer was; pages of history are the revisions. */
export async function pastFindings(storage: IStorage, { resources }: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  const longest = [...resources.values()].sort((a, b) => b.rows.length - a.rows.length).slice(0, sampled);
  for (const { type, id, rows, readable, revisions } of longest) {
    if (!readable) continue;
    const asked = rows.map(({ at }) => ({ id, asOf: at }));
    const past = await readAll(storage, type, asked, findings);
    const purged = told(rows).state === "purged";
    for (const [index, row] of rows.entries()) {
      const then = past[index];
      if (then === null) continue;
      const state = row.kind === "deleted" ? "deleted" : "live";
      const right = purged
        ? then === undefined
        : then?.meta.version === row.version && then.meta.current === row.revision && then.meta.state === state;
      if (!right) findings.push(finding("history", `${id} as of version ${row.version} reads as version ${then?.meta.version}`));
    }
    const expected = purged ? [] : revisions.slice(0, countOf(rows));
    const [page] = await storage.revisions(type, [id], { limit: expected.length + 1, fromEnd: false });
    if (page?.total !== expected.length || !isDeepStrictEqual(page.rows, expected))
      findings.push(finding("numbers", `${id}: the page of its history is not its ${expected.length} revisions`));
  }
  return findings;
}
