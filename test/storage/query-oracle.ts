import type { MetaRow } from "../../src/storage/rows.ts";

/**
 * What a search must answer, written from the contract and not from `src`: Kleene logic, code points, `toLowerCase`,
 * instants in nanoseconds, nulls last, ties by id in the direction of the last key. It reads `where` and `orderBy` as
 * clients write them, and data as it was stored.
 */
export interface OracleRow {
  readonly meta: MetaRow;
  readonly data: Readonly<Record<string, unknown>>;
}

type Truth = true | false | "unknown";
export type Kind = "text" | "number" | "boolean" | "instant";
type Json = Readonly<Record<string, unknown>>;

/** Every field that can be asked for: its kind, and where its value is. */
export const fields: Readonly<Record<string, { readonly kind: Kind; readonly of: (row: OracleRow) => unknown }>> = {
  title: { kind: "text", of: ({ data }) => data.title },
  views: { kind: "number", of: ({ data }) => data.views },
  score: { kind: "number", of: ({ data }) => data.score },
  live: { kind: "boolean", of: ({ data }) => data.live },
  level: { kind: "text", of: ({ data }) => data.level },
  day: { kind: "text", of: ({ data }) => data.day },
  moment: { kind: "instant", of: ({ data }) => data.moment },
  tags: { kind: "text", of: ({ data }) => data.tags },
  ratings: { kind: "number", of: ({ data }) => data.ratings },
  moments: { kind: "instant", of: ({ data }) => data.moments },
  ownerId: { kind: "text", of: ({ data }) => data.owner },
  friendIds: { kind: "text", of: ({ data }) => data.friends },
  "address.city": { kind: "text", of: ({ data }) => member(data.address, "city") },
  "address.zip": { kind: "number", of: ({ data }) => member(data.address, "zip") },
  id: { kind: "text", of: ({ meta }) => meta.id },
  "meta.version": { kind: "number", of: ({ meta }) => meta.version },
  "meta.createdAt": { kind: "instant", of: ({ meta }) => meta.createdAt },
  "meta.createdBy": { kind: "text", of: ({ meta }) => meta.createdBy },
  "meta.updatedAt": { kind: "instant", of: ({ meta }) => meta.updatedAt },
  "meta.updatedBy": { kind: "text", of: ({ meta }) => meta.updatedBy },
  "meta.schemaVersion": { kind: "number", of: ({ meta }) => meta.schemaVersion },
  "meta.deletedAt": { kind: "instant", of: ({ meta }) => meta.deletedAt },
  "meta.revisionCount": { kind: "number", of: ({ meta }) => meta.revisionCount },
  "meta.status": { kind: "text", of: ({ meta }) => meta.status },
};

type Rows = readonly OracleRow[];

/** What leads on: to one other, or to any number of them. Only live ones count. */
const relations: Readonly<Record<string, (row: OracleRow, live: Rows) => Rows>> = {
  owner: ({ data }, live) => live.filter(({ meta }) => meta.id === data.owner),
  things: ({ meta }, live) => live.filter(({ data }) => data.owner === meta.id),
  friends: ({ data }, live) => live.filter(({ meta }) => items(data.friends).includes(meta.id)),
  friendOf: ({ meta }, live) => live.filter(({ data }) => items(data.friends).includes(meta.id)),
};

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const member = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);

/** Nanoseconds since the epoch, of RFC 3339 text (fractions beyond nanoseconds do not count) or of our clock's milliseconds. */
export function nanoseconds(instant: unknown): bigint {
  if (typeof instant === "number") return BigInt(instant) * 1_000_000n;
  const parts = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)(?::(\d+))?(?:\.(\d+))?(?:Z|([+-])(\d+):(\d+))$/.exec(String(instant)) ?? [];
  const [, year, month, day, hour, minute, second = "0", fraction = "", sign, zoneHour = "0", zoneMinute = "0"] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  return BigInt(date.getTime() - zone * 60_000) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

/** Text as its code points, so that comparing is not by UTF-16 units. */
function compareText(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

export function compare(kind: Kind, a: unknown, b: unknown): number {
  if (kind === "text") return compareText(String(a), String(b));
  const [x, y] = kind === "instant" ? [nanoseconds(a), nanoseconds(b)] : [Number(a), Number(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

type Test = (kind: Kind, value: unknown, operand: unknown) => boolean;
const items = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);
const equal: Test = (kind, value, operand) => compare(kind, value, operand) === 0;
const among: Test = (kind, value, list) => items(list).some((each) => equal(kind, value, each));
const lower = (value: unknown): string => String(value).toLowerCase();

const single: Readonly<Record<string, Test>> = {
  eq: equal,
  ne: (...args) => !equal(...args),
  in: among,
  notIn: (...args) => !among(...args),
  gt: (...args) => compare(...args) > 0,
  gte: (...args) => compare(...args) >= 0,
  lt: (...args) => compare(...args) < 0,
  lte: (...args) => compare(...args) <= 0,
  contains: (_kind, value, operand) => String(value).includes(String(operand)),
  startsWith: (_kind, value, operand) => String(value).startsWith(String(operand)),
  endsWith: (_kind, value, operand) => String(value).endsWith(String(operand)),
  iEq: (_kind, value, operand) => lower(value) === lower(operand),
  iContains: (_kind, value, operand) => lower(value).includes(lower(operand)),
  iStartsWith: (_kind, value, operand) => lower(value).startsWith(lower(operand)),
  iEndsWith: (_kind, value, operand) => lower(value).endsWith(lower(operand)),
};

/** Items that are null are equal to no operand. */
const has: Test = (kind, list, operand) => items(list).some((item) => item !== null && equal(kind, item, operand));

const listed: Readonly<Record<string, Test>> = {
  has,
  hasAny: (kind, list, operands) => items(operands).some((operand) => has(kind, list, operand)),
  hasAll: (kind, list, operands) => items(operands).every((operand) => has(kind, list, operand)),
  isEmpty: (_kind, list, operand) => (items(list).length === 0) === operand,
};

function testOne(kind: Kind, value: unknown, operator: string, operand: unknown): Truth {
  const missing = value === undefined || value === null;
  if (operator === "isNull") return missing === operand;
  if (operator === "length")
    return allOf(
      Object.entries(isObject(operand) ? operand : {}).map(([inner, each]) =>
        testOne("number", missing ? null : items(value).length, inner, each),
      ),
    );
  // `in: []` is false whatever the value.
  if (operator === "in" && items(operand).length === 0) return false;
  if (missing) return "unknown";
  const test = (Array.isArray(value) ? listed : single)[operator];
  return test ? test(kind, value, operand) : "unknown";
}

const allOf = (truths: readonly Truth[]): Truth => (truths.includes(false) ? false : truths.includes("unknown") ? "unknown" : true);
const anyOf = (truths: readonly Truth[]): Truth => (truths.includes(true) ? true : truths.includes("unknown") ? "unknown" : false);
const negated = (truth: Truth): Truth => (truth === "unknown" ? truth : !truth);

function quantified(quantifier: string, truths: readonly Truth[]): Truth {
  if (quantifier === "every") return truths.every((truth) => truth === true);
  return truths.includes(true) === (quantifier === "some");
}

function truthOf(where: unknown, row: OracleRow, live: Rows, prefix = ""): Truth {
  return allOf(
    Object.entries(isObject(where) ? where : {}).map(([key, inner]): Truth => {
      if (key === "and") return allOf(items(inner).map((each) => truthOf(each, row, live)));
      if (key === "or") return anyOf(items(inner).map((each) => truthOf(each, row, live)));
      if (key === "not") return negated(truthOf(inner, row, live));
      const others = relations[prefix + key]?.(row, live);
      if (others && key === "owner") return others[0] ? truthOf(inner, others[0], live) : "unknown";
      if (others)
        return allOf(
          Object.entries(isObject(inner) ? inner : {}).map(([quantifier, each]) =>
            quantified(
              quantifier,
              others.map((other) => truthOf(each, other, live)),
            ),
          ),
        );
      const field = fields[prefix + key];
      if (!field) return truthOf(inner, row, live, `${prefix}${key}.`);
      return allOf(
        Object.entries(isObject(inner) ? inner : {}).map(([operator, operand]) => testOne(field.kind, field.of(row), operator, operand)),
      );
    }),
  );
}

function compareRows(orderBy: readonly string[], a: OracleRow, b: OracleRow): number {
  for (const key of orderBy) {
    const descending = key.startsWith("-");
    const field = fields[descending ? key.slice(1) : key];
    const [x, y] = [field?.of(a) ?? null, field?.of(b) ?? null];
    if (x === null && y === null) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    const difference = compare(field?.kind ?? "text", x, y);
    if (difference !== 0) return descending ? -difference : difference;
  }
  const difference = compareText(a.meta.id, b.meta.id);
  return orderBy.at(-1)?.startsWith("-") ? -difference : difference;
}

interface OracleSearch {
  readonly where: unknown;
  readonly orderBy: readonly string[];
  readonly includeDeleted: boolean;
}

/** The rows that a search must find, in order. */
export function expectedRows(rows: readonly OracleRow[], search: OracleSearch): OracleRow[] {
  const live = rows.filter(({ meta }) => meta.state === "live");
  return rows
    .filter(({ meta }) => meta.state === "live" || (meta.state === "deleted" && search.includeDeleted))
    .filter((row) => truthOf(search.where, row, live) === true)
    .toSorted((a, b) => compareRows(search.orderBy, a, b));
}

export const expectedIds = (rows: readonly OracleRow[], search: OracleSearch): string[] =>
  expectedRows(rows, search).map(({ meta }) => meta.id);
