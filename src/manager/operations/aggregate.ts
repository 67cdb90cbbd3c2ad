import { fail } from "../../errors.ts";
import { type AggregateArgs, type Aggregation, parseAggregate } from "../../spec/aggregate.ts";
import type { Column, Scalar } from "../../spec/column.ts";
import { instantOfKey } from "../../spec/instant.ts";
import type { AggregateRow, Measured } from "../../storage/aggregates.ts";
import { quotient } from "../../storage/decimal.ts";
import { authorize } from "../authorize.ts";
import { pageSize } from "../page.ts";
import type { Scope } from "../scope.ts";
import { searchFilter } from "../search-filter.ts";

/** One call to the meta store. Whoever may search may aggregate what it would find: an aggregate tells nothing that a search does not. */
export async function aggregate<Answer>(scope: Scope, args: AggregateArgs): Promise<readonly Answer[]> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "search", spec });
  const asked = parseAggregate(spec, args);
  const filter = await searchFilter(scope, allowed, args.where);
  const { limit } = pageSize({ first: args.first }, core.limits);
  const measures = [...measuresOf(asked).values()];
  const query = { filter, groupBy: asked.groupBy, measures, limit, includeDeleted: args.includeDeleted ?? false };
  const rows = await core.storage.aggregates.groups(spec.name, query);
  // Its type follows from the fields that the caller named.
  return rows.map((row) => groupOf(asked, measures, row) as Answer);
}

const measureKey = ({ of, column }: Measured): string => `${of} ${column.name}`;

/** What the store has to find out, each once: an average is a sum and how many there are. */
function measuresOf({ sum, avg, min, max, countDistinct }: Aggregation): ReadonlyMap<string, Measured> {
  const all = (of: Measured["of"], columns: readonly Column[]) => columns.map((column): Measured => ({ of, column }));
  const wanted = [
    ...all("sum", [...sum, ...avg]),
    ...all("values", avg),
    ...all("min", min),
    ...all("max", max),
    ...all("distinct", countDistinct),
  ];
  return new Map(wanted.map((each) => [measureKey(each), each]));
}

function groupOf(asked: Aggregation, measures: readonly Measured[], { key, count, values }: AggregateRow): unknown {
  const keys = new Map(asked.groupBy.map((column, i) => [column, key[i] ?? null]));
  const found = new Map(measures.map((each, i) => [measureKey(each), values[i] ?? null]));
  const value = (of: Measured["of"], column: Column) => found.get(measureKey({ of, column })) ?? null;
  return {
    group: nested(asked.groupBy, (column) => shown(column, keys.get(column) ?? null)),
    count,
    sum: nested(asked.sum, (column) => sumOf(column, String(value("sum", column)))),
    avg: nested(asked.avg, (column) => average(String(value("sum", column)), Number(value("values", column)))),
    min: nested(asked.min, (column) => shown(column, value("min", column))),
    max: nested(asked.max, (column) => shown(column, value("max", column))),
    countDistinct: nested(asked.countDistinct, (column) => value("distinct", column)),
  };
}

/** One instant is written in many ways: of many resources it is shown in one. */
const shown = ({ type }: Column, value: Scalar | null): Scalar | null =>
  type === "datetime" && value !== null ? instantOfKey(String(value)) : value;

const average = (sum: string, count: number): number | null => (count === 0 ? null : quotient(sum, count));

/** @throws BAD_REQUEST where no number in JSON is that sum */
function sumOf({ key, type }: Column, decimal: string): number {
  const sum = Number(decimal);
  if (type === "int" ? Number.isSafeInteger(sum) : Number.isFinite(sum)) return sum;
  const limit = type === "int" ? "±(2⁵³−1), where numbers are no longer exact" : "the largest number that there is";
  throw fail("BAD_REQUEST", `The sum of ${key} is beyond ${limit}. Narrow it by where or groupBy, or ask for avg`, { field: key });
}

/** Values by their columns' keys: that of `address.city` is `{ address: { city } }`. */
function nested(columns: readonly Column[], pick: (column: Column) => Scalar | null, depth = 0): Readonly<Record<string, unknown>> {
  const byName = Map.groupBy(columns, ({ key }) => key.split(".")[depth] ?? "");
  return Object.fromEntries(
    [...byName].map(([name, below]) => {
      const leaf = below.find(({ key }) => key.split(".").length === depth + 1);
      return [name, leaf ? pick(leaf) : nested(below, pick, depth + 1)];
    }),
  );
}
