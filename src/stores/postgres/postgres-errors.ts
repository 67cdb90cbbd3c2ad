import pg from "pg";
import { type ErrorCode, fail, SpecStarError } from "../../errors.ts";

const outOfReach = "The database is out of reach. Try again, or check that it runs and that host, port and network are right";

/** What each SQLSTATE, or the first two characters of one, means to the person who runs the program. No SQL and no names: these texts reach clients. */
const meanings: Partial<Record<string, readonly [ErrorCode, string]>> = {
  "08": ["UNAVAILABLE", outOfReach],
  "28": ["UNAVAILABLE", "The database refuses this user or password. Correct them, or let the user in (pg_hba.conf)"],
  "3D000": ["UNAVAILABLE", "The database does not exist. Create it (createdb), or name another one"],
  "3F000": ["UNAVAILABLE", "The schema does not exist. Open the store anew, or create the schema"],
  "40001": ["UNAVAILABLE", "Other writers were in the way for too long. Try again"],
  "40P01": ["UNAVAILABLE", "Other writers were in the way for too long. Try again"],
  "55P03": ["TIMEOUT", "Another transaction held what this one needs for longer than the lock timeout. Try again"],
  "57014": ["TIMEOUT", "A query took longer than the statement timeout. Ask for less, or raise the timeout"],
  "25P03": ["UNAVAILABLE", "The database ended a transaction that waited too long. Try again"],
  "25006": ["UNAVAILABLE", "The database is read-only: a standby, or in recovery. Connect to the primary server"],
  "42501": ["UNAVAILABLE", "This user lacks a permission on the database or the schema. docs/postgres.md names those that are needed"],
  "53100": ["UNAVAILABLE", "The disk of the database is full. Free some space and try again"],
  "53": ["UNAVAILABLE", "The database is out of memory, disk or connections. Give it more, or lower `pool`"],
  "57": ["UNAVAILABLE", "The database is starting, stopping or was restarted. Try again"],
  "58": ["UNAVAILABLE", "The disk of the database fails. Check the disk, then read before writing again"],
  "42P01": ["UNAVAILABLE", "A table of the store is missing. Open the store anew, or restore it from a backup"],
  // A prepared statement whose columns have other types now.
  "0A000": ["UNAVAILABLE", "Another process has opened this store with other indexed fields. Restart this one with the same resources"],
  XX001: ["DATA_CORRUPTION", "The database says that its data are damaged. Stop all processes that use it and restore it from a backup"],
  XX002: ["DATA_CORRUPTION", "The database says that an index is damaged. Run reindex, then read before writing again"],
  "54000": [
    "PAYLOAD_TOO_LARGE",
    "A value is too long for an index of the database. Shorten it, or take its field out of `index` and `unique`",
  ],
};

export const sqlState = (thrown: unknown): string | undefined => (thrown instanceof pg.DatabaseError ? thrown.code : undefined);

/** The statement that says whether all was as expected divides by this: 0 where it was not. */
const divisionByZero = "22012";
const uniqueViolation = "23505";
const serializationFailure = "40001";
const deadlock = "40P01";
const lockTimeout = "55P03";
const rivals = new Set([divisionByZero, uniqueViolation, serializationFailure, deadlock]);

/** Somebody has held for long what this transaction needs. */
export const isLockTimeout = (thrown: unknown): boolean => sqlState(thrown) === lockTimeout;

/** Somebody else has changed, or is changing, what this transaction builds upon. */
export const isRivalry = (thrown: unknown): boolean => rivals.has(sqlState(thrown) ?? "");

/** The server has answered, and what it refused was this transaction: it is not committed, and the connection goes on. */
export function isRefusal(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state !== undefined && !/^(08|57P|53300|25P03)/.test(state);
}

/** Errors of the driver and the network carry no SQLSTATE; programming errors stay what they are. */
const isBroken = (thrown: unknown): boolean =>
  thrown instanceof Error && !(thrown instanceof TypeError || thrown instanceof RangeError || thrown instanceof pg.DatabaseError);

/** PostgreSQL's and the driver's errors as typed ones, by code. */
export function postgresError(thrown: unknown): unknown {
  if (thrown instanceof SpecStarError) return thrown;
  const state = sqlState(thrown) ?? "";
  const [code, text] = meanings[state] ?? meanings[state.slice(0, 2)] ?? (isBroken(thrown) ? meanings["08"] : undefined) ?? [];
  return code && text ? fail(code, text, {}, thrown) : thrown;
}

export async function converted<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (thrown) {
    throw postgresError(thrown);
  }
}
