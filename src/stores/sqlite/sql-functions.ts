import type { Database as Handle } from "better-sqlite3";
import { DecimalSum } from "../../storage/decimal.ts";

/** What our SQL calls and SQLite does not have. */
export function addSqlFunctions(handle: Handle): void {
  handle.function("js_lower", { deterministic: true }, (text: unknown) => (typeof text === "string" ? text.toLowerCase() : null));
  handle.aggregate("decimal_sum", {
    deterministic: true,
    start: () => new DecimalSum(),
    step: (sum: DecimalSum, value: unknown) => {
      if (typeof value === "number") sum.add(value);
    },
    result: (sum: DecimalSum) => sum.text(),
  });
}
