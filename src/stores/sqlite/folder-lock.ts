import Database from "better-sqlite3";
import { fail } from "../../errors.ts";
import { isBusy, sqliteError } from "./sqlite-errors.ts";

/** Holds a folder for this process, by a lock on a file in it that ends with the process. Gives what lets go of it. */
export function lockFolder(path: string): () => void {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(path, { timeout: 0 });
    lock.exec("begin exclusive");
  } catch (thrown) {
    lock?.close();
    if (isBusy(thrown))
      throw fail("UNAVAILABLE", `${path}: another process uses this folder. Stop it, or choose another folder`, {}, thrown);
    throw sqliteError(thrown, path);
  }
  const held = lock;
  return () => {
    held.close();
  };
}
