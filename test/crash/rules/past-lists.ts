import { SpecStarError } from "../../../src/errors.ts";
import { columnValue } from "../../../src/spec/column.ts";
import { parseOrder, parseWhere } from "../../../src/spec/query.ts";
import type { ResourceSpec } from "../../../src/spec/resource.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Finding, finding } from "../finding.ts";
import { specs } from "../notes.ts";
import type { Known, World } from "../world.ts";
import { told } from "./histories.ts";

/** Instants that are asked for, from the whole time that the feed tells of. */
const sampled = 12;

/** What a resource was: which version, and which revision that pointed at. */
const stateOf = (id: string, version: number, revision: number): string => `${id} version ${version} at revision ${revision}`;

/** A list as of an instant shows who was there then, as the feed says, and finds them by what their revisions say. */
export async function pastListFindings(storage: IStorage, { feed, resources }: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const spec of specs.filter(({ history }) => history)) {
    const known = [...resources.values()].filter(({ type, rows }) => type === spec.name && told(rows).state !== "purged");
    const instants = feed.filter(({ type }) => type === spec.name).map(({ at }) => at);
    for (let i = 0; i < Math.min(sampled, instants.length); i++) {
      const at = instants[Math.floor((i * instants.length) / sampled)] ?? 0;
      findings.push(...(await listFindings(storage, spec, known, at)));
    }
  }
  return findings;
}

async function listFindings(storage: IStorage, spec: ResourceSpec, known: readonly Known[], at: number): Promise<Finding[]> {
  const there = known.flatMap(({ id, rows, revisions }) => {
    const row = rows.findLast((each) => each.at <= at);
    const body = row && row.kind !== "deleted" ? revisions[row.revision - 1]?.body : undefined;
    return row && body !== undefined ? [{ state: stateOf(id, row.version, row.revision), data: JSON.parse(body) }] : [];
  });
  const findings = await pageFindings(storage, spec, at, {}, new Set(there.map(({ state }) => state)));
  for (const column of spec.columns) {
    const value = columnValue(column, there[0]?.data);
    if (column.array || value === null) continue;
    const having = there.filter(({ data }) => columnValue(column, data) === value).map(({ state }) => state);
    findings.push(...(await pageFindings(storage, spec, at, { [column.key]: { eq: value } }, new Set(having))));
  }
  return findings;
}

async function pageFindings(
  storage: IStorage,
  spec: ResourceSpec,
  at: number,
  where: object,
  expected: ReadonlySet<string>,
): Promise<Finding[]> {
  const query = { filter: parseWhere(spec, where), order: parseOrder(spec, undefined), limit: 100_000, fromEnd: false };
  const page = await storage.past
    .search(spec.name, { ...query, includeDeleted: false, total: true, at, today: undefined })
    .catch((reason: unknown) => {
      // Written by the former version of the program, which kept no past: refused by name, which is the right answer.
      if (reason instanceof SpecStarError && reason.code === "BAD_REQUEST") return undefined;
      throw reason;
    });
  if (!page) return [];
  const found = new Set(page.rows.map(({ meta }) => stateOf(meta.id, meta.version, meta.current)));
  const wrong = [...found, ...expected].filter((state) => found.has(state) !== expected.has(state));
  if (wrong.length === 0 && page.total === expected.size && page.rows.length === expected.size) return [];
  return [finding("past", `${spec.name} as of ${at} ${JSON.stringify(where)}: ${page.total} counted, ${wrong.slice(0, 3).join(", ")}`)];
}
