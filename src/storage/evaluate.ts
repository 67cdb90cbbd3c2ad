import { fail } from "../errors.ts";
import type { Scalar } from "../spec/column.ts";
import type { Filter, Operator, Order, Related } from "../spec/query.ts";
import { type MetaRow, metaValue, type Position } from "./rows.ts";

/** Kleene's third value is null: unknown. */
export type Truth = boolean | null;

/** What filters look at that ask about other resources, in one state of the store. */
export interface Others {
  /** The live resources that a relation leads to from this one. */
  of(related: Related, meta: MetaRow): Iterable<MetaRow>;
  /** What was found out before of a filter and a resource, else what is found out now: resources are met on many ways. */
  once(filter: Filter, meta: MetaRow, find: () => Truth): Truth;
}

/** Where only a row is at hand. */
const noOthers: Others = {
  of: ({ type }) => {
    throw fail("INTERNAL", `A filter asks about ${type} where only one resource is looked at`);
  },
  once: (_filter, _meta, find) => find(),
};

/** Whether a row is in the answer of a filter: unknown is not. */
export const matches = (filter: Filter | undefined, meta: MetaRow, others: Others = noOthers): boolean =>
  filter === undefined || evaluate(filter, meta, others) === true;

function evaluate(filter: Filter, meta: MetaRow, others: Others): Truth {
  switch (filter.kind) {
    case "and":
      return fold(filter.of, meta, others, false);
    case "or":
      return fold(filter.of, meta, others, true);
    case "not": {
      const truth = evaluate(filter.of, meta, others);
      return truth === null ? null : !truth;
    }
    case "null":
      return (metaValue(meta, filter.column) === null) === filter.is;
    case "one":
      for (const truth of truthsOf(filter, meta, others)) return truth;
      return null;
    case "some":
      for (const truth of truthsOf(filter, meta, others)) if ((truth === true) === filter.is) return true;
      return false;
    case "test":
      return test(filter, meta);
  }
}

/** What a filter says of each of the others that it asks about. */
function* truthsOf({ related, of }: Extract<Filter, { related: Related }>, meta: MetaRow, others: Others): Generator<Truth> {
  for (const other of others.of(related, meta)) {
    if (matches(related.within, other, others)) yield others.once(of, other, () => evaluate(of, other, others));
  }
}

function test({ column, of, operator, operand }: Extract<Filter, { kind: "test" }>, meta: MetaRow): Truth {
  const value = metaValue(meta, column);
  if (operator === "in" && Array.isArray(operand) && operand.length === 0) return false;
  if (value === null) return null;
  if (!Array.isArray(value)) return scalarTests[operator]?.(value as Scalar, operand as never) ?? null;
  return of === "length"
    ? (scalarTests[operator]?.(value.length, operand as never) ?? null)
    : (listTests[operator]?.(value, operand as never) ?? null);
}

/** `and` ends at false, `or` at true; otherwise one unknown makes the whole unknown. */
function fold(filters: readonly Filter[], meta: MetaRow, others: Others, end: boolean): Truth {
  let truth: Truth = !end;
  for (const each of filters) {
    const next = evaluate(each, meta, others);
    if (next === end) return end;
    if (next === null) truth = null;
  }
  return truth;
}

const lower = (value: Scalar): string => String(value).toLowerCase();

const scalarTests: Partial<Record<Operator, (value: Scalar, operand: never) => boolean>> = {
  eq: (value, operand: Scalar) => value === operand,
  ne: (value, operand: Scalar) => value !== operand,
  in: (value, operand: readonly Scalar[]) => operand.includes(value),
  notIn: (value, operand: readonly Scalar[]) => !operand.includes(value),
  gt: (value, operand: Scalar) => compareScalars(value, operand) > 0,
  gte: (value, operand: Scalar) => compareScalars(value, operand) >= 0,
  lt: (value, operand: Scalar) => compareScalars(value, operand) < 0,
  lte: (value, operand: Scalar) => compareScalars(value, operand) <= 0,
  contains: (value, operand: string) => String(value).includes(operand),
  startsWith: (value, operand: string) => String(value).startsWith(operand),
  endsWith: (value, operand: string) => String(value).endsWith(operand),
  iEq: (value, operand: string) => lower(value) === lower(operand),
  iContains: (value, operand: string) => lower(value).includes(lower(operand)),
  iStartsWith: (value, operand: string) => lower(value).startsWith(lower(operand)),
  iEndsWith: (value, operand: string) => lower(value).endsWith(lower(operand)),
};

const listTests: Partial<Record<Operator, (value: readonly unknown[], operand: never) => boolean>> = {
  has: (value, operand: Scalar) => value.includes(operand),
  hasAny: (value, operand: readonly Scalar[]) => operand.some((each) => value.includes(each)),
  hasAll: (value, operand: readonly Scalar[]) => operand.every((each) => value.includes(each)),
  isEmpty: (value, operand: boolean) => (value.length === 0) === operand,
};

/** Numbers by value, false before true, strings by code point (UTF-16 units differ beyond the surrogates). */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== "string" || typeof b !== "string") return Number(a) - Number(b);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** Compares two positions in an order: nulls last in both directions. */
export function comparePositions(order: readonly Order[], a: Position, b: Position): number {
  for (const [i, { descending }] of order.entries()) {
    const x = a[i] ?? null;
    const y = b[i] ?? null;
    if (x === y) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    const compared = compareScalars(x, y);
    if (compared !== 0) return descending ? -compared : compared;
  }
  return 0;
}
