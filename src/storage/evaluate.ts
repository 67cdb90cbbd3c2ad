import type { Scalar } from "../spec/column.ts";
import type { Filter, Operator, Order } from "../spec/query.ts";
import { type MetaRow, metaValue, type Position } from "./rows.ts";

/** Kleene's third value is null: unknown. */
type Truth = boolean | null;

/** Whether a row is in the answer of a filter: unknown is not. */
export const matches = (filter: Filter | undefined, meta: MetaRow): boolean => filter === undefined || evaluate(filter, meta) === true;

function evaluate(filter: Filter, meta: MetaRow): Truth {
  switch (filter.kind) {
    case "and":
      return fold(filter.of, meta, false);
    case "or":
      return fold(filter.of, meta, true);
    case "not": {
      const truth = evaluate(filter.of, meta);
      return truth === null ? null : !truth;
    }
    case "null":
      return (metaValue(meta, filter.column) === null) === filter.is;
    case "test": {
      const { operator, operand } = filter;
      const value = metaValue(meta, filter.column);
      if (operator === "in" && Array.isArray(operand) && operand.length === 0) return false;
      if (value === null) return null;
      if (!Array.isArray(value)) return scalarTests[operator]?.(value as Scalar, operand as never) ?? null;
      return filter.of === "length"
        ? (scalarTests[operator]?.(value.length, operand as never) ?? null)
        : (listTests[operator]?.(value, operand as never) ?? null);
    }
  }
}

/** `and` ends at false, `or` at true; otherwise one unknown makes the whole unknown. */
function fold(filters: readonly Filter[], meta: MetaRow, end: boolean): Truth {
  let truth: Truth = !end;
  for (const each of filters) {
    const next = evaluate(each, meta);
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
