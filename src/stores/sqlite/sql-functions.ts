import type { Database as Handle } from "better-sqlite3";

/** What our SQL calls and SQLite does not have. */
export function addSqlFunctions(handle: Handle): void {
  handle.function("js_lower", { deterministic: true }, (text: unknown) => (typeof text === "string" ? text.toLowerCase() : null));
}
