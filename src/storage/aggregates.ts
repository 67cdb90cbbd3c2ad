import type { Column, Scalar } from "../spec/column.ts";
import type { StorageQuery } from "./rows.ts";

/** One thing to know of each group: of the values that its rows have in a column, where missing and null are none. */
export interface Measured {
  /**
   * - `values`: how many there are
   * - `distinct`: how many different ones
   * - `sum`: as an exact decimal number, of which `decimal.ts` says how it is written; floats count as JSON writes them
   * - `min` and `max`: in the order of a search; null of nothing
   */
  readonly of: "values" | "distinct" | "sum" | "min" | "max";
  readonly column: Column;
}

export interface AggregateQuery extends Pick<StorageQuery, "filter" | "includeDeleted" | "limit"> {
  /** Columns of single values; none for one group of all rows, which is there also where no row is. */
  readonly groupBy: readonly Column[];
  readonly measures: readonly Measured[];
}

export interface AggregateRow {
  /** What the rows of the group have in each column of `groupBy`: null is a value like others. */
  readonly key: readonly (Scalar | null)[];
  /** Of the rows. */
  readonly count: number;
  /** In the order of the measures. */
  readonly values: readonly (Scalar | null)[];
}

/** What is known of many resources together: the part of `IStorage` and of `MetaStore` that counts and sums. */
export interface Aggregates {
  /**
   * The groups of what `search` finds by the same filter, all from one state: the largest first, those of the same size in the
   * order of their keys, nulls last. The same groups in the same order on every storage.
   */
  groups(type: string, query: AggregateQuery): Promise<readonly AggregateRow[]>;
}
