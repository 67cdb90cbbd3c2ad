import Database from "better-sqlite3";
import { type ErrorCode, fail, SpecStarError } from "../../errors.ts";

/** What each SQLite code means to the person who runs the program. No SQL and no paths: these texts reach clients. */
const meanings: Partial<Record<string, readonly [ErrorCode, string]>> = {
  SQLITE_BUSY: ["UNAVAILABLE", "Another process holds the database. Try again, or stop the other process"],
  SQLITE_FULL: ["UNAVAILABLE", "The disk of the database is full. Free some space and try again"],
  SQLITE_READONLY: ["UNAVAILABLE", "The database is read-only. Make its directory and files writable for this process"],
  SQLITE_CANTOPEN: ["UNAVAILABLE", "The database cannot be opened. Check that its directory exists and that this process may write to it"],
  SQLITE_PERM: ["UNAVAILABLE", "The database may not be used by this process. Change its owner or its permissions"],
  SQLITE_IOERR: [
    "UNAVAILABLE",
    "The disk of the database fails; whether this write was kept is unknown. Check the disk, then read before writing again",
  ],
  SQLITE_NOMEM: ["UNAVAILABLE", "There is not enough memory for the database"],
  SQLITE_NOTADB: ["DATA_CORRUPTION", "The database file is no SQLite database. Restore it from a backup, or choose another directory"],
  SQLITE_CORRUPT: ["DATA_CORRUPTION", "The database file is damaged. Stop all processes that use it and restore it from a backup"],
};

/** `SQLITE_IOERR_FSYNC` → `SQLITE_IOERR`. */
export const sqliteCode = (thrown: unknown): string | undefined =>
  thrown instanceof Database.SqliteError ? thrown.code.split("_", 2).join("_") : undefined;

export const isBusy = (thrown: unknown): boolean => sqliteCode(thrown) === "SQLITE_BUSY";
/** The value of a unique index, or the primary key, is there already. */
export const isTaken = (thrown: unknown): boolean =>
  thrown instanceof Database.SqliteError && /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(thrown.code);

/** SQLite's errors as typed ones, by code. `opening` is the file while it is being opened: only then it is named. */
export function sqliteError(thrown: unknown, opening?: string): unknown {
  const [code, text] = meanings[sqliteCode(thrown) ?? ""] ?? [];
  if (!code || !text) return thrown;
  return fail(code, opening === undefined ? text : `${opening}: ${text}`, {}, thrown);
}

/** Names the file that could not be opened: at the start there is somebody to read it. */
export function openingError(thrown: unknown, path: string): unknown {
  // What is wrong with the resources, clients may hear who come first; it is the same wherever the file is.
  if (thrown instanceof SpecStarError && (thrown.details.resource ?? thrown.details.reason) !== undefined) return thrown;
  const converted = sqliteError(thrown);
  return converted instanceof SpecStarError
    ? fail(converted.code, `${path}: ${converted.message}`, converted.details, converted.cause)
    : converted;
}
