import type { Filter, Operator } from "../../spec/query.ts";

/** Those that a step into an index, or a walk along it, answers. */
const byIndex: ReadonlySet<Operator> = new Set(["eq", "in", "gt", "gte", "lt", "lte", "startsWith"]);

/** As many tests on each row as a walk along an index may have beside it. */
const fewTests = 8;

/** Whether a filter may take a look at every row of a table, or of several, with work on each. */
export function looksAtEveryRow(filter: Filter | undefined): boolean {
  let tests = 0;
  const heavy = (each: Filter): boolean => {
    switch (each.kind) {
      case "and":
      case "or":
        return each.of.some(heavy);
      case "not":
        return heavy(each.of);
      case "null":
        return ++tests > fewTests;
      case "test":
        return ++tests > fewTests || each.of === "length" || !byIndex.has(each.operator);
      default:
        return true;
    }
  };
  return filter !== undefined && heavy(filter);
}
