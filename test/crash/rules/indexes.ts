import { isDeepStrictEqual } from "node:util";
import { type Column, type ColumnValue, columnValue } from "../../../src/spec/column.ts";
import { parseOrder, parseWhere } from "../../../src/spec/query.ts";
import type { ResourceSpec } from "../../../src/spec/resource.ts";
import type { Stored } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Finding, finding } from "../finding.ts";
import { specs } from "../notes.ts";
import type { World } from "../world.ts";

/** Live resources by id, with the values that their data has today. */
type Live = ReadonlyMap<string, Readonly<Record<string, ColumnValue>>>;

/** Searches answer what the data says: every value of every column, both ways of ordering, the count. */
export async function indexFindings(storage: IStorage, { resources }: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const spec of specs) {
    const all = [...resources.values()].flatMap(({ type, stored }) => (type === spec.name && stored ? [stored] : []));
    findings.push(...columnFindings(spec, all));
    const live: Live = new Map(
      all.filter(({ meta }) => meta.state === "live").map(({ meta, revision }) => [meta.id, valuesOf(spec, revision.body)]),
    );
    for (const column of spec.columns) {
      for (const [where, ids] of searchesOf(column, live))
        findings.push(...(await searchFindings(storage, spec, where, ids, `${spec.name} by ${column.key} ${JSON.stringify(where)}`)));
      if (!column.array) findings.push(...(await orderFindings(storage, spec, column, live)));
    }
    findings.push(...uniqueFindings(spec, live));
  }
  return findings;
}

function valuesOf(spec: ResourceSpec, body: string): Record<string, ColumnValue> {
  const data: unknown = JSON.parse(body);
  return Object.fromEntries(spec.columns.map((column) => [column.name, columnValue(column, data)]));
}

/** The row itself has the values of its current revision, also while it is deleted. */
const columnFindings = (spec: ResourceSpec, all: readonly Stored[]): Finding[] =>
  all.flatMap(({ meta, revision }) =>
    isDeepStrictEqual(meta.columns, valuesOf(spec, revision.body)) ? [] : [finding("index", `${meta.id} is indexed as other data`)],
  );

/** What to ask of a column, and who must be found. Columns of many values are asked for many at once. */
function searchesOf({ name, key, array }: Column, live: Live): [object, Set<string>][] {
  const byValue = new Map<string | number | boolean, Set<string>>();
  const without = new Set<string>();
  for (const [id, values] of live) {
    const value = values[name] ?? null;
    if (value === null) without.add(id);
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === null) continue;
      const ids = byValue.get(each) ?? new Set();
      byValue.set(each, ids.add(id));
    }
  }
  const values = [...byValue];
  const asked: [object, Set<string>][] = [[{ [key]: { isNull: true } }, without]];
  if (values.length <= 50) for (const [value, ids] of values) asked.push([{ [key]: { [array ? "has" : "eq"]: value } }, ids]);
  else {
    for (let from = 0; from < values.length; from += 400) {
      const part = values.slice(from, from + 400);
      asked.push([{ [key]: { in: part.map(([value]) => value) } }, new Set(part.flatMap(([, ids]) => [...ids]))]);
    }
  }
  return asked;
}

async function searchFindings(
  storage: IStorage,
  spec: ResourceSpec,
  where: object,
  expected: ReadonlySet<string>,
  name: string,
): Promise<Finding[]> {
  const query = { filter: parseWhere(spec, where), order: parseOrder(spec, undefined), fromEnd: false, includeDeleted: false };
  const page = await storage.search(spec.name, { ...query, limit: 1, total: true });
  const found = await idsOf(storage, spec, where);
  const wrong = found.filter((id) => !expected.has(id));
  if (wrong.length > 0 || new Set(found).size !== expected.size || found.length !== expected.size)
    return [finding("index", `${name}: ${found.length} found, ${expected.size} in the data ${wrong.slice(0, 3).join(" ")}`)];
  return page.total === expected.size ? [] : [finding("index", `${name}: the count is ${page.total}, not ${expected.size}`)];
}

async function idsOf(storage: IStorage, spec: ResourceSpec, where: object, orderBy?: string): Promise<string[]> {
  const query = {
    filter: parseWhere(spec, where),
    order: parseOrder(spec, orderBy),
    limit: 100_000,
    fromEnd: false,
    includeDeleted: false,
    total: false,
  };
  const page = await storage.search(spec.name, query);
  return page.rows.map(({ meta }) => meta.id);
}

/** Ordered by a column, all live resources come, nulls last, equal ones by id. */
async function orderFindings(storage: IStorage, spec: ResourceSpec, { key, name }: Column, live: Live): Promise<Finding[]> {
  const found = await idsOf(storage, spec, {}, key);
  const expected = [...live].sort(([a, left], [b, right]) => compare(left[name], right[name]) || compare(a, b)).map(([id]) => id);
  return isDeepStrictEqual(found, expected) ? [] : [finding("index", `${spec.name} ordered by ${key} is not in order or not all`)];
}

function compare(a: ColumnValue | undefined, b: ColumnValue | undefined): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -1 : 1;
}

function uniqueFindings({ uniques, name }: ResourceSpec, live: Live): Finding[] {
  return uniques.flatMap((column) => {
    const holders = Map.groupBy(live, ([, values]) => values[column.name] ?? null);
    return [...holders].flatMap(([value, held]) =>
      value === null || held.length === 1
        ? []
        : [finding("unique", `${name}: ${held.map(([id]) => id).join(" and ")} share ${column.key} ${JSON.stringify(value)}`)],
    );
  });
}
