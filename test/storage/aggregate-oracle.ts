import { instantOfKey } from "../../src/spec/instant.ts";
import type { AggregateRow } from "../../src/storage/aggregates.ts";
import type { GeneratedAggregate } from "./aggregate-arbitrary.ts";
import { compare, expectedRows, fields, type Kind, nanoseconds, type OracleRow } from "./query-oracle.ts";

/**
 * What an aggregate must answer, written from the contract and not from `src`: it takes the rows that the oracle of searches
 * finds, puts equal values together, and adds with big integers.
 */
interface Group {
  readonly key: readonly unknown[];
  readonly count: number;
  readonly values: readonly unknown[];
}

/** As many digits behind the point as the smallest double needs. */
const fraction = 400;

/** A number, as JavaScript or a storage writes it, in units of 10^-400. */
function inUnits(number: string): bigint {
  const [, sign = "", whole = "", part = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(number) ?? [];
  const point = Number(exponent) + fraction - part.length;
  return BigInt(`${sign}${whole}${part}${"0".repeat(point)}`);
}

/** What an equal value is equal in: instants in what they mean, everything else in what it is. */
const meaning = (kind: Kind | undefined, value: unknown): unknown =>
  kind === "instant" && value !== null ? String(nanoseconds(value)) : value;

function compareOrNull(kind: Kind | undefined, a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(kind ?? "text", a, b);
}

export function expectedGroups(rows: readonly OracleRow[], { groupBy, measures, limit, ...search }: GeneratedAggregate): Group[] {
  const fieldOf = (key: string, row: OracleRow): unknown => fields[key]?.of(row) ?? null;
  const meaningOf = (key: string, value: unknown): unknown => meaning(fields[key]?.kind, value);
  const compareKeys = (a: OracleRow, b: OracleRow): number =>
    groupBy.map((key) => compareOrNull(fields[key]?.kind, fieldOf(key, a), fieldOf(key, b))).find((each) => each !== 0) ?? 0;

  const found = expectedRows(rows, { ...search, orderBy: [] });
  const groups = Map.groupBy(found, (row) => JSON.stringify(groupBy.map((key) => meaningOf(key, fieldOf(key, row)))));
  if (groupBy.length === 0) groups.set("[]", found);
  return [...groups.values()]
    .toSorted((a, b) => b.length - a.length || (a[0] && b[0] ? compareKeys(a[0], b[0]) : 0))
    .slice(0, limit)
    .map((members) => ({
      key: groupBy.map((key) => meaningOf(key, members.map((row) => fieldOf(key, row))[0])),
      count: members.length,
      values: measures.map(({ of, key }) => {
        const values = members.map((row) => fieldOf(key, row)).filter((value) => value !== null);
        if (of === "values") return values.length;
        if (of === "distinct") return new Set(values.map((value) => meaningOf(key, value))).size;
        if (of === "sum") return values.reduce<bigint>((sum, value) => sum + inUnits(String(value)), 0n);
        const sorted = values.toSorted((a, b) => compareOrNull(fields[key]?.kind, a, b));
        return meaningOf(key, sorted.at(of === "min" ? 0 : -1) ?? null);
      }),
    }));
}

/** What a storage answered, in the same terms. */
export function answeredGroups(rows: readonly AggregateRow[], { groupBy, measures }: GeneratedAggregate): Group[] {
  const meaningOf = (key: string, value: unknown): unknown =>
    fields[key]?.kind === "instant" && typeof value === "string" ? meaning("instant", instantOfKey(value)) : value;
  return rows.map(({ key, count, values }) => ({
    key: key.map((value, i) => meaningOf(groupBy[i] ?? "", value)),
    count,
    values: values.map((value, i) =>
      measures[i]?.of === "sum" && value !== null ? inUnits(String(value)) : meaningOf(measures[i]?.key ?? "", value),
    ),
  }));
}
