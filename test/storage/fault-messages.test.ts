import Database from "better-sqlite3";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { fileError } from "../../src/stores/fs/file-errors.ts";
import { postgresError } from "../../src/stores/postgres/postgres-errors.ts";
import { s3Error } from "../../src/stores/s3/s3-errors.ts";
import { sqliteError } from "../../src/stores/sqlite/sqlite-errors.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { commit, expectCurrent } from "./case.ts";
import { Article, create } from "./fixtures.ts";
import { openPostgres, temporaryPlace } from "./postgres-fixtures.ts";

const secret = "secret at 10.0.0.7 in /var/lib";
const ofPostgres = (code: string) => postgresError(Object.assign(new pg.DatabaseError(secret, 0, "error"), { code }));
const ofNetwork = (code: string) => postgresError(Object.assign(new Error(secret), { code }));
const ofSqlite = (code: string) => sqliteError(new Database.SqliteError(secret, code));
const ofFiles = (code: string) => fileError(Object.assign(new Error(secret), { code, syscall: "write" }));
const ofS3 = (name: string) => s3Error(Object.assign(new Error(secret), { name, $metadata: {} }));
const ofSocket = (code: string) => s3Error(Object.assign(new Error(secret), { code }));

/** What can be wrong with a database, a disk or a bucket; the code that its error has then, and what to do about it. */
const faults: readonly (readonly [string, (code: string) => unknown, string, string, RegExp])[] = [
  ["a database that is out of reach", ofNetwork, "ECONNREFUSED", "UNAVAILABLE", /check that it runs/],
  ["a database that is starting", ofPostgres, "57P03", "UNAVAILABLE", /Try again/],
  ["a database that is slow", ofPostgres, "57014", "TIMEOUT", /Ask for less, or raise the timeout/],
  ["a database that is read-only", ofPostgres, "25006", "UNAVAILABLE", /Connect to the primary server/],
  ["a database whose disk is full", ofPostgres, "53100", "UNAVAILABLE", /Free some space/],
  ["a database without a free connection", ofPostgres, "53300", "UNAVAILABLE", /lower `pool`/],
  ["a database with another password", ofPostgres, "28P01", "UNAVAILABLE", /Correct them/],
  ["a database that grants too little", ofPostgres, "42501", "UNAVAILABLE", /docs\/postgres\.md/],
  ["a database with damaged pages", ofPostgres, "XX001", "DATA_CORRUPTION", /restore it from a backup/],
  ["a database file that others hold", ofSqlite, "SQLITE_BUSY", "UNAVAILABLE", /stop the other process/],
  ["a database file that is read-only", ofSqlite, "SQLITE_READONLY_DBMOVED", "UNAVAILABLE", /writable/],
  ["a database file on a full disk", ofSqlite, "SQLITE_FULL", "UNAVAILABLE", /Free some space/],
  ["a database file on a failing disk", ofSqlite, "SQLITE_IOERR_FSYNC", "UNAVAILABLE", /unknown.*read before writing again/],
  ["a database file that is damaged", ofSqlite, "SQLITE_CORRUPT_INDEX", "DATA_CORRUPTION", /restore it from a backup/],
  ["a directory on a full disk", ofFiles, "ENOSPC", "UNAVAILABLE", /Free some space/],
  ["a directory that is read-only", ofFiles, "EROFS", "UNAVAILABLE", /Remount it for writing/],
  ["a directory of somebody else", ofFiles, "EACCES", "UNAVAILABLE", /Change its owner/],
  ["a directory on a failing disk", ofFiles, "EIO", "UNAVAILABLE", /Check its hardware/],
  ["a bucket that is out of reach", ofSocket, "ECONNREFUSED", "UNAVAILABLE", /Check its address/],
  ["a bucket that is slow", ofS3, "SlowDown", "UNAVAILABLE", /Try again later/],
  ["a bucket that is not there", ofS3, "NoSuchBucket", "UNAVAILABLE", /Create it/],
  ["a bucket of somebody else", ofS3, "AccessDenied", "UNAVAILABLE", /Allow them/],
  ["a bucket with another key", ofS3, "SignatureDoesNotMatch", "UNAVAILABLE", /Check the access key/],
  ["a bucket that is full", ofS3, "QuotaExceeded", "UNAVAILABLE", /Raise its quota/],
];

test.each(faults)("%s says what to do, and nothing of where it is", (_what, errorOf, from, code, says) => {
  expect(errorOf(from)).toMatchObject({ code, message: expect.stringMatching(says) });
  expect(errorOf(from)).toMatchObject({ message: expect.not.stringContaining(secret) });
});

test("a bucket that answers in an unknown way says which", () => {
  expect(ofS3("StrangeAnswer")).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("StrangeAnswer") });
});

if (!withoutPostgres())
  test("a statement that takes too long is TIMEOUT, and the next one is served", async () => {
    const place = await temporaryPlace();
    const storage = await openPostgres(place, { timeouts: { statementMs: 200 } });
    const article = create(Article, { title: "One" });
    await commit(storage, article);
    const other = new pg.Client({ connectionString: place.url });
    await other.connect();
    onTestFinished(() => other.end());
    await other.query(`begin; lock table ${place.schema}.article in access exclusive mode`);
    await expect(storage.read("article", [{ id: article.meta.id }])).rejects.toMatchObject({ code: "TIMEOUT" });
    await other.query("rollback");
    await expectCurrent(storage, article);
  });
