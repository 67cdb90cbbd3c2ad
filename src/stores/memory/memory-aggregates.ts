import type { Scalar } from "../../spec/column.ts";
import type { AggregateQuery, AggregateRow, Measured } from "../../storage/aggregates.ts";
import { DecimalSum } from "../../storage/decimal.ts";
import { comparePositions, compareScalars } from "../../storage/evaluate.ts";
import { type MetaRow, positionOf } from "../../storage/rows.ts";
import type { Entry } from "./entry.ts";

/** The groups of the entries that a filter matches, largest first. */
export function groupsOf(matching: readonly Entry[], { groupBy, measures, limit }: AggregateQuery): readonly AggregateRow[] {
  const rows = matching.map(({ meta }) => meta);
  const order = groupBy.map((column) => ({ column, descending: false }));
  const groups = Map.groupBy(rows, (meta) => JSON.stringify(positionOf(meta, order)));
  if (groupBy.length === 0 && rows.length === 0) groups.set("", []);
  return [...groups.values()]
    .map((members) => ({ members, key: members[0] ? positionOf(members[0], order) : [] }))
    .sort((a, b) => b.members.length - a.members.length || comparePositions(order, a.key, b.key))
    .slice(0, limit)
    .map(({ members, key }) => ({ key, count: members.length, values: measures.map((measure) => measuredOf(measure, members)) }));
}

function measuredOf({ of, column }: Measured, rows: readonly MetaRow[]): Scalar | null {
  const order = [{ column, descending: false }];
  const values = rows.flatMap((meta) => positionOf(meta, order)).filter((value) => value !== null);
  switch (of) {
    case "values":
      return values.length;
    case "distinct":
      return new Set(values).size;
    case "sum": {
      const sum = new DecimalSum();
      for (const value of values) sum.add(Number(value));
      return sum.text();
    }
    case "min":
    case "max":
      return values.reduce<Scalar | null>(
        (best, value) => (best === null || compareScalars(value, best) * (of === "min" ? 1 : -1) < 0 ? value : best),
        null,
      );
  }
}
