import { parentPort } from "node:worker_threads";
import Database, { type Database as Handle } from "better-sqlite3";
import type { Row } from "../sql/resource-rows.ts";
import type { Bind } from "../sql/sql-text.ts";
import type { Answered, Asked } from "./reading-thread.ts";
import { addSqlFunctions } from "./sql-functions.ts";

/** What runs in the thread: queries in the order in which they come, each file on a read-only handle of its own. */
const handles = new Map<number, Handle>();

function open(file: number, path: string): Handle {
  const handle = new Database(path, { readonly: true, timeout: 0 });
  handle.pragma("temp_store = memory");
  addSqlFunctions(handle);
  handles.set(file, handle);
  return handle;
}

function answer(asked: Asked): readonly (readonly Row[])[] {
  if (asked.kind === "rows") {
    const handle = handles.get(asked.file) ?? open(asked.file, asked.path);
    // All queries of one search see one state of the database.
    if (!handle.inTransaction) handle.exec("begin");
    return asked.queries.map(({ text, values }) =>
      handle
        .prepare<Bind[], Row>(text)
        .raw(true)
        .all(...values),
    );
  }
  const handle = handles.get(asked.file);
  if (handle?.inTransaction) handle.exec("rollback");
  if (asked.kind === "close") {
    handle?.close();
    handles.delete(asked.file);
  }
  return [];
}

function settle(asked: Asked): Answered {
  try {
    return { rows: answer(asked) };
  } catch (thrown) {
    if (thrown instanceof Database.SqliteError) return { error: { message: thrown.message, code: thrown.code } };
    throw thrown;
  }
}

parentPort?.on("message", (asked: Asked) => parentPort?.postMessage(settle(asked)));
