import type { Column, Scalar } from "../../spec/column.ts";
import { type Bind, name, type Sql, sql } from "./sql-text.ts";

/** Where databases differ, for those parts of the queries that all of them share. Columns are given by name, of the table `t`. */
export interface Dialect {
  /** JavaScript's `toLowerCase()` of a text column. */
  lower(column: string): Sql;
  /** `text` contains `part`; an empty part is in every text. */
  contains(text: Sql, part: string): Sql;
  /** The first or last characters of a text. */
  first(text: Sql, count: number): Sql;
  last(text: Sql, count: number): Sql;
  /** What of a text column stands in its index, where that is not all of it, and the same of a value. */
  start(column: Column): Start | undefined;
  /** Number of items of a list column. */
  length(list: Sql): Sql;
  /** A list column has one of these items, of which there is at least one; false, not unknown, for null items, and unknown for a null list. */
  hasAny(list: Sql, items: readonly Scalar[]): Sql;
  /** The exact sum of a column of numbers, as text of a decimal number; null of nothing. */
  sum(column: Column): Sql;
  /** A value is among the ids, none of them null, that a query gives. */
  among(value: Sql, ids: Sql): Sql;
  /** The items of a list column, to select from. */
  items(list: Sql): { readonly from: Sql; readonly value: Sql };
  /** Ids to look for in a column of refs, each as `k.id`, and the rows that hold the id of `k`. */
  holders(table: Sql, column: Column, ids: readonly string[]): Holders;
  /** Rows of a page for each `k`, as of `page` but in any order, followed by the id of `k`. */
  pages(selected: Sql, page: PageOf, holders: Holders): Sql;
  /** Rows of a page with their current revisions `r`, in order. */
  page(selected: Sql, page: PageOf): Sql;
  /** Rows with these ids, with their current revisions `r`, in any order. */
  rows(selected: Sql, table: Sql, ids: readonly string[]): Sql;
}

/** Which rows of a resource's table, in which order. */
export interface PageOf {
  readonly table: Sql;
  /** It is a query, which is not to be run twice. */
  readonly isQuery?: true;
  /** Nothing of their revisions is selected. */
  readonly alone?: true;
  readonly where: Sql;
  readonly order: Sql;
  readonly limit: number;
}

export interface Holders {
  /** What a statement has to begin with. */
  readonly with: Sql;
  readonly ids: Sql;
  /** To be selected from as `t` … */
  readonly table: Sql;
  /** … and what else they fulfil. */
  readonly holds: Sql;
}

export interface Start {
  readonly column: Sql;
  cut(text: string): string;
  /** A text is so short that whoever has the same start is equal, and whatever else compares with it is in its start. */
  tells(text: string): boolean;
}

/** What stands for a value in a statement. */
export const bindOf = (value: Scalar | null): Bind => (typeof value === "boolean" ? Number(value) : value);

/** A column of the resource's table, which has the alias `t` in every query: bare, `value` or `key` would be columns of a list's items. */
export const columnSql = (column: string): Sql => sql`t.${name(column)}`;

/** A null list is unknown, where looking for an item in nothing would say false. */
export const unlessNull = (list: Sql, test: Sql): Sql => sql`(case when ${list} is null then null else ${test} end)`;
