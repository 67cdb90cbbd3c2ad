import { fail } from "../../errors.ts";
import { blobUses } from "../../storage/archives.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { FeedRetention } from "../../storage/feed-retention.ts";
import { guardsOf, type ReferrersGuard, type RowGuard } from "../../storage/guards-of.ts";
import { heldUp, keysOf } from "../../storage/held-up.ts";
import type { MetaResult, MetaUnit } from "../../storage/meta-store.ts";
import type { Change, MetaRow, PlacedRevision, Reply, UnitFailure } from "../../storage/rows.ts";
import { revisionBinds, revisionColumns, stateNumber } from "../sql/resource-rows.ts";
import { dropOldFeedSql } from "../sql/shared-tables.ts";
import { beforeOf, isPurged, type ResourceWriter } from "./resource-writer.ts";
import type { SqliteBlobRows } from "./sqlite-blob-rows.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isTaken } from "./sqlite-errors.ts";
import type { SqliteSweptKeys } from "./sqlite-swept-keys.ts";

const expiredAtOnce = 16;

const statementsOf = (connection: SqliteConnection) => ({
  savepoint: connection.prepareWrite("savepoint unit"),
  release: connection.prepareWrite("release unit"),
  undo: connection.prepareWrite("rollback to unit"),
  head: connection.prepareRead("select max(position) from specstar_feed"),
  feed: connection.prepareWrite(
    'insert into specstar_feed (position, type, id, kind, revision, previous, version, at, "by") values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ),
  dropOldFeed: connection.prepareWrite(dropOldFeedSql("?")),
  history: connection.prepareWrite(
    'insert into specstar_history (id, version, position, at, "by", current, state) values (?, ?, ?, ?, ?, ?, ?)',
  ),
  revision: connection.prepareWrite(
    `insert into specstar_revision (${revisionColumns.join(", ")}) values (${revisionColumns.map(() => "?").join(", ")})`,
  ),
  replaced: connection.prepareRead("select key from specstar_revision where id = ? and number = ?"),
  replace: connection.prepareWrite(
    `replace into specstar_revision (${revisionColumns.join(", ")}) values (${revisionColumns.map(() => "?").join(", ")})`,
  ),
  purgedKeys: connection.prepareRead("select key from specstar_revision where id = ? and key is not null"),
  purgeRevisions: connection.prepareWrite("delete from specstar_revision where id = ?"),
  // Rows of the feed are found by what is kept of their positions: it stays, under a version that no resource has.
  dropHistory: connection.prepareWrite("delete from specstar_history where id = ? and version > 0 and position = 0"),
  setHistoryAside: connection.prepareWrite(
    `update specstar_history set version = -position, at = 0, "by" = '', current = 0 where id = ? and version > 0`,
  ),
  purgeHistory: connection.prepareWrite(`update specstar_history set at = 0, "by" = '', current = 0 where id = ?`),
  purgeReplies: connection.prepareWrite("delete from specstar_reply where id = ?"),
  reply: connection.prepareRead("select key, payload, id, result, expires_at from specstar_reply where key = ? and expires_at > ?"),
  keepReply: connection.prepareWrite("replace into specstar_reply (key, payload, id, result, expires_at) values (?, ?, ?, ?, ?)"),
  expireReplies: connection.prepareWrite(
    `delete from specstar_reply where key in (select key from specstar_reply where expires_at <= ? limit ${expiredAtOnce})`,
  ),
});

/** What a list of units has done so far. */
interface Progress {
  position: number;
  purged: boolean;
}

/** Keys of bytes that nothing refers to any more, and blobs that purged revisions used. */
interface Left {
  readonly orphans: string[];
  readonly released: string[];
}

export interface Committed {
  readonly results: readonly MetaResult[];
  /** Bytes were deleted for good: they are still in the log. */
  readonly purged: boolean;
}

/** Writes units of work: one transaction for a list, a savepoint for a unit that can fail half-way. All of it runs in one turn of the event loop. */
export class Committer {
  readonly #connection: SqliteConnection;
  readonly #statements: ReturnType<typeof statementsOf>;
  readonly #writers: ReadonlyMap<string, ResourceWriter>;
  readonly #blobs: SqliteBlobRows;
  readonly #swept: SqliteSweptKeys;
  readonly #context: Context;
  readonly #retention: FeedRetention;

  constructor(
    connection: SqliteConnection,
    writers: ReadonlyMap<string, ResourceWriter>,
    blobs: SqliteBlobRows,
    swept: SqliteSweptKeys,
    context: Context,
    retention: FeedRetention,
  ) {
    this.#connection = connection;
    this.#blobs = blobs;
    this.#swept = swept;
    this.#statements = statementsOf(connection);
    this.#writers = writers;
    this.#context = context;
    this.#retention = retention;
  }

  commit(units: readonly MetaUnit[]): Committed {
    return this.#connection.transaction(
      () => this.#write(units),
      ({ results }) => results.length !== 1 || results[0]?.ok === true,
    );
  }

  #write(units: readonly MetaUnit[]): Committed {
    const statements = this.#statements;
    this.#checkDefinitions(units);
    const head = Number(statements.head.get()?.[0] ?? 0);
    const progress: Progress = { position: head, purged: false };
    const results = units.map((unit) => this.#unit(unit, progress, units.length > 1 && canFailHalfway(unit)));
    if (results.length === 1 && !results[0]?.ok) return { results, purged: false };
    if (units.some(({ reply }) => reply)) statements.expireReplies.run(this.#context.now());
    const old = this.#retention.due(progress.position - head, this.#context.now());
    if (old !== undefined) statements.dropOldFeed.run(old);
    crashPoint("before-commit");
    return { results, purged: progress.purged };
  }

  #checkDefinitions(units: readonly MetaUnit[]): void {
    for (const type of new Set(units.flatMap(({ changes }) => changes.map((change) => change.type)))) {
      if (!this.#writer(type).ownsTable())
        throw fail(
          "UNAVAILABLE",
          `Another process has opened this store with other indexed fields of ${type}. Restart this one with the same resources`,
          { resource: type },
        );
    }
  }

  #unit(unit: MetaUnit, progress: Progress, savepoint: boolean): MetaResult {
    if (this.#swept.hasAny(keysOf(unit))) return { ok: false, error: heldUp() };
    const { position, purged } = progress;
    const left: Left = { orphans: [], released: [] };
    if (savepoint) this.#statements.savepoint.run();
    const failure = this.#apply(unit, progress, left);
    if (failure) {
      Object.assign(progress, { position, purged });
      if (savepoint) this.#statements.undo.run();
    }
    if (savepoint) this.#statements.release.run();
    return failure ? { ok: false, failure } : { ok: true, ...left };
  }

  #apply({ changes, guards, reply }: MetaUnit, progress: Progress, left: Left): UnitFailure | undefined {
    const kept = reply && this.reply(reply.key);
    if (kept) return { kind: "replay", reply: kept };
    const [first, last] = guardsOf({ guards: guards ?? [] });
    for (const guard of first) if (!this.#holds(guard)) return { kind: "guard", guard };
    for (const change of changes) {
      const missing = change.blobs && this.#blobs.missing(change.blobs);
      if (missing !== undefined) return { kind: "blob", id: missing };
      const failure = this.#compareAndSet(change);
      if (failure) return failure;
      crashPoint("after-compare-and-set");
      this.#record(change, progress, left);
    }
    const guard = last.length > 0 ? this.#referred(last) : undefined;
    if (guard) return { kind: "guard", guard };
    if (reply) this.#statements.keepReply.run(reply.key, reply.payload, reply.id, reply.result, reply.expiresAt);
    return undefined;
  }

  #compareAndSet({ type, meta, expected, imported }: Change<PlacedRevision>): UnitFailure | undefined {
    const writer = this.#writer(type);
    try {
      if (expected === 0) return writer.insert(meta);
      return imported ? this.#replace(writer, meta, expected) : this.#update(writer, meta, expected);
    } catch (thrown) {
      if (!isTaken(thrown)) throw thrown;
      if (expected === 0 && writer.row(meta.id)) return { kind: "taken", id: meta.id };
      const held = writer.holder(meta);
      if (!held) throw thrown;
      return { kind: "unique", type, columns: [held.column], holder: held.holder };
    }
  }

  #update(writer: ResourceWriter, meta: MetaRow, expected: number): UnitFailure | undefined {
    const row = writer.row(meta.id);
    const before = row && beforeOf(row);
    if (before && !isPurged(before) && writer.update(row, meta, expected)) return undefined;
    return { kind: "version", id: meta.id, actual: before && !isPurged(before) ? before.version : 0 };
  }

  /** Refused before anything is written, as what changes alone has to be. */
  #replace(writer: ResourceWriter, meta: MetaRow, expected: number): UnitFailure | undefined {
    const row = writer.row(meta.id);
    const before = row && beforeOf(row);
    const there = before && !isPurged(before) ? before.version : 0;
    if (there !== expected) return { kind: "version", id: meta.id, actual: there };
    const held = meta.state === "live" ? writer.holder(meta) : undefined;
    if (held) return { kind: "unique", type: writer.rows.spec.name, columns: [held.column], holder: held.holder };
    return writer.replace(meta, expected) ? undefined : { kind: "version", id: meta.id, actual: there };
  }

  /** What follows the compare-and-set: the revision, the pointer's history, the feed. */
  #record(change: Change<PlacedRevision>, progress: Progress, left: Left): void {
    const { kind, type, meta, revision, blobs, imported, previous, at, by } = change;
    const statements = this.#statements;
    const { past } = this.#writer(type);
    const { id, version, current, state } = meta;
    progress.position += 1;
    statements.feed.run(progress.position, type, id, kind, current, previous, version, at, by);
    if (kind === "purged" || (imported && change.expected > 0)) this.#empty(id, progress, left);
    if (imported) this.#import(change, progress.position);
    else statements.history.run(id, version, progress.position, at, by, current, stateNumber[state]);
    if (kind === "purged") {
      statements.purgeHistory.run(id);
      past.purge(id);
    }
    if (!revision) return;
    if (kind === "modified") this.#blobs.unuse(id, revision.number);
    if (blobs) this.#blobs.use(id, revision.number, blobs);
    if (kind !== "modified") {
      statements.revision.run(...revisionBinds(revision));
      return;
    }
    const replaced = statements.replaced.get(id, revision.number)?.[0];
    if (typeof replaced === "string" && replaced !== revision.key) left.orphans.push(replaced);
    statements.replace.run(...revisionBinds(revision));
    past.follow(id);
  }

  /** Nothing is left of the revisions, and of what was answered about them. */
  #empty(id: string, progress: Progress, left: Left): void {
    const { purgedKeys, purgeRevisions, purgeReplies } = this.#statements;
    for (const [key] of purgedKeys.all(id)) left.orphans.push(String(key));
    left.released.push(...this.#blobs.purge(id));
    for (const purge of [purgeRevisions, purgeReplies]) purge.run(id);
    progress.purged = true;
  }

  #import(change: Change<PlacedRevision>, position: number): void {
    const { type, expected, meta, imported } = change;
    const { dropHistory, setHistoryAside, history, revision } = this.#statements;
    if (expected > 0) for (const aside of [dropHistory, setHistoryAside]) aside.run(meta.id);
    for (const { version, at, by, current, state } of imported?.pointers ?? [])
      history.run(meta.id, version, version === meta.version ? position : 0, at, by, current, stateNumber[state]);
    for (const each of imported?.revisions ?? []) revision.run(...revisionBinds(each.revision));
    for (const { number, blobs } of blobUses(change)) this.#blobs.use(meta.id, number, blobs);
    this.#writer(type).importPast(change);
  }

  #holds(guard: RowGuard): boolean {
    const row = this.#writer(guard.type).row(guard.id);
    const before = row && beforeOf(row);
    if (guard.kind === "version") return before?.version === guard.version;
    return (before?.state === stateNumber.live) === (guard.kind === "exists");
  }

  /** The first of these guards that does not hold. */
  #referred(guards: readonly ReferrersGuard[]): ReferrersGuard | undefined {
    const held = new Set<ReferrersGuard>();
    for (const of of Map.groupBy(guards, ({ type, column }) => `${type} ${column}`).values()) {
      const [{ type, column } = { type: "", column: "" }] = of;
      const ids = new Set(this.#writer(type).referred(column, [...new Set(of.map(({ id }) => id))]));
      for (const guard of of) if (ids.has(guard.id)) held.add(guard);
    }
    return guards.find((guard) => held.has(guard));
  }

  /** The kept reply of a key, unless it has expired. */
  reply(key: string): Reply | undefined {
    const row = this.#statements.reply.get(key, this.#context.now());
    if (!row) return undefined;
    const [, payload, id, result, expiresAt] = row;
    return { key, payload: String(payload), id: String(id), result: String(result), expiresAt: Number(expiresAt) };
  }

  #writer(type: string): ResourceWriter {
    const writer = this.#writers.get(type);
    if (!writer) throw fail("INTERNAL", `The store was opened without the resource ${type}`, { resource: type });
    return writer;
  }
}

/** Of one change, whatever can refuse it comes before anything is written, unless its referrers are looked at; only then there is nothing to go back to. */
const canFailHalfway = ({ changes, guards = [] }: MetaUnit): boolean =>
  changes.length > 1 || guards.some(({ kind }) => kind === "noReferrers");
