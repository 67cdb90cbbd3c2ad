import type { Scalar } from "../../spec/column.ts";
import type { AggregateQuery, AggregateRow, Measured } from "../../storage/aggregates.ts";
import { decimalText } from "../../storage/decimal.ts";
import { columnSql, type Dialect } from "./dialect.ts";
import { decodeScalar, type Row } from "./resource-rows.ts";
import { type Bind, joined, name, raw, type Sql, sql } from "./sql-text.ts";
import { matchingSql } from "./where.ts";

interface AggregateGroups {
  readonly sql: Sql;
  /** What the rows of its answer say. */
  readonly groups: (rows: readonly Row[]) => readonly AggregateRow[];
}

/** The groups of a resource's table, in one query. */
export function aggregateGroups(dialect: Dialect, table: string, query: AggregateQuery): AggregateGroups {
  const { groupBy, measures, limit } = query;
  const keys = groupBy.map((column) => columnSql(column.name));
  const selected = joined([...keys, raw("count(*)"), ...measures.map((each) => measureSql(dialect, each))], ", ");
  const found = sql`select ${selected} from ${name(table)} t where ${matchingSql(dialect, query)}`;
  const order = joined([raw("count(*) desc"), ...keys.map((key) => sql`${key} nulls last`)], ", ");
  const grouped = keys.length > 0 ? sql`${found} group by ${joined(keys, ", ")} order by ${order}` : found;
  return {
    sql: sql`${grouped} limit ${limit}`,
    groups: (rows) =>
      rows.map((row) => ({
        key: groupBy.map((column, i) => decodeScalar(column, row[i] ?? null)),
        count: Number(row[groupBy.length]),
        values: measures.map((measure, i) => measuredOf(measure, row[groupBy.length + 1 + i] ?? null)),
      })),
  };
}

function measureSql(dialect: Dialect, { of, column }: Measured): Sql {
  const value = columnSql(column.name);
  switch (of) {
    case "values":
      return sql`count(${value})`;
    case "distinct":
      return sql`count(distinct ${value})`;
    case "sum":
      return dialect.sum(column);
    case "min":
    case "max":
      return sql`${raw(of)}(${value})`;
  }
}

function measuredOf({ of, column }: Measured, value: Bind): Scalar | null {
  if (of === "sum") return decimalText(String(value ?? 0));
  return of === "min" || of === "max" ? decodeScalar(column, value) : Number(value);
}
