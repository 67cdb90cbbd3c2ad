import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Aggregates } from "../../storage/aggregates.ts";
import type { Archives } from "../../storage/archives.ts";
import type { BlobRows } from "../../storage/blob-rows.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { defaultFeedRetentionMs, FeedRetention } from "../../storage/feed-retention.ts";
import type { Known } from "../../storage/known-states.ts";
import type { MessageRows } from "../../storage/message-rows.ts";
import type { MetaCapabilities, MetaReferrers, MetaResult, MetaState, MetaStore, MetaStored, MetaUnit } from "../../storage/meta-store.ts";
import type { Past } from "../../storage/past.ts";
import { refuseUnkept } from "../../storage/refuse-unkept.ts";
import type {
  ChangeRow,
  FeedQuery,
  PlacedRevision,
  ReadKey,
  Reply,
  RevisionPage,
  RevisionQuery,
  StoragePage,
  StorageQuery,
  StoreState,
} from "../../storage/rows.ts";
import type { BeforeChanges, SchemaChange, StoredSchema } from "../../storage/stored-schema.ts";
import { aggregateGroups } from "../sql/aggregate-groups.ts";
import { archivePage } from "../sql/archive-page.ts";
import type { ReadBytes } from "../sql/fill-batch.ts";
import { Filler } from "../sql/filler.ts";
import { keptOf, knownHistorySql } from "../sql/known-history.ts";
import { pastSource } from "../sql/past-table.ts";
import { prepareSchema, type StoreIdentity } from "../sql/prepare-schema.ts";
import { referrerPages } from "../sql/referrer-pages.ts";
import { ResourceRows, type Row } from "../sql/resource-rows.ts";
import { type Step, searchPage } from "../sql/search-page.ts";
import { searchStates } from "../sql/states.ts";
import { Committer } from "./committer.ts";
import { JournaledFile } from "./journaled-file.ts";
import { looksAtEveryRow } from "./looks-at-every-row.ts";
import { ResourceReader } from "./resource-reader.ts";
import { ResourceWriter } from "./resource-writer.ts";
import { SharedReader } from "./shared-reader.ts";
import { SqliteBlobRows } from "./sqlite-blob-rows.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { openingError } from "./sqlite-errors.ts";
import { sqliteFilling } from "./sqlite-filling.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";
import { sqliteLayout } from "./sqlite-layout.ts";
import { SqliteMessageRows } from "./sqlite-message-rows.ts";
import { planSqliteFile, sqliteSchema } from "./sqlite-schema.ts";
import { SqliteSweptKeys } from "./sqlite-swept-keys.ts";
import { StatementRecorder } from "./statement-recorder.ts";

export interface SqliteOptions {
  /** How long to wait for another process that writes (default 5 s). */
  readonly busyMs?: number;
  /** How long feed rows are kept (default 7 days). */
  readonly feedRetentionMs?: number;
  readonly context?: Context;
  /** Reads revisions that are not inline, where fields of existing resources become indexed. */
  readonly readBytes?: ReadBytes;
  /** Keeps every transaction in another place too. The file then belongs to this process alone. */
  readonly journal?: SqliteJournal;
}

interface Opened {
  readonly connection: SqliteConnection;
  readonly identity: StoreIdentity;
  readonly readers: ReadonlyMap<string, ResourceReader>;
  readonly committer: Committer;
  readonly shared: SharedReader;
  readonly blobs: SqliteBlobRows;
  readonly messages: SqliteMessageRows;
  readonly swept: SqliteSweptKeys;
  readonly filler: Filler;
}

/** Rows in one SQLite file, in a directory that is there. Several processes of one machine may use it; writes wait for one another. */
export class SqliteMetaStore implements MetaStore {
  readonly capabilities: MetaCapabilities;
  readonly #path: string;
  readonly #options: Required<Omit<SqliteOptions, "journal">>;
  readonly #journal: SqliteJournal | undefined;
  #opened: Opened | undefined;
  /** Purged bytes that are still in the log, because another process was reading it. */
  #logHoldsPurged = false;

  constructor(path: string, options: SqliteOptions = {}) {
    this.#path = path;
    this.#journal = options.journal;
    // What waits for a journal anyway may wait for more company.
    this.capabilities = { durable: true, shared: !this.#journal, maxBatch: this.#journal ? 256 : 32, transactions: 1 };
    this.#options = {
      busyMs: 5000,
      feedRetentionMs: defaultFeedRetentionMs,
      context: systemContext,
      readBytes: async (keys) => keys.map(() => undefined),
      ...options,
    };
  }

  async open(specs: readonly ResourceSpec[], _onChange?: () => void, beforeChanges: BeforeChanges = () => {}): Promise<void> {
    const { busyMs, feedRetentionMs, context, readBytes } = this.#options;
    let connection: SqliteConnection | undefined;
    try {
      await this.#journal?.prepare(this.#path);
      connection = await SqliteConnection.open(this.#path, busyMs, context, this.#journal && new StatementRecorder());
      const resources = specs.map((spec) => new ResourceRows(sqliteLayout, spec));
      const { identity, known } = await prepareSchema(sqliteSchema(connection), resources, context, beforeChanges);
      const made = connection;
      const byType = <T>(make: (rows: ResourceRows) => T) => new Map(resources.map((rows) => [rows.spec.name, make(rows)]));
      const blobs = new SqliteBlobRows(connection, context);
      const swept = new SqliteSweptKeys(connection, context);
      const committer = new Committer(
        connection,
        byType((rows) => new ResourceWriter(made, rows, known.get(rows.table)?.history)),
        blobs,
        swept,
        context,
        new FeedRetention(feedRetentionMs),
      );
      this.#opened = {
        connection,
        identity,
        readers: byType((rows) => new ResourceReader(made, rows)),
        committer,
        shared: new SharedReader(connection),
        blobs,
        messages: new SqliteMessageRows(connection, context),
        swept,
        filler: new Filler(sqliteFilling(connection), resources, known, context, readBytes),
      };
      await this.#keepIn(connection);
      this.#opened.filler.start();
    } catch (thrown) {
      this.#opened = undefined;
      await this.#journal?.close();
      connection?.close();
      throw openingError(thrown, this.#path);
    }
  }

  async #keepIn(connection: SqliteConnection): Promise<void> {
    if (!this.#journal) return;
    const file = new JournaledFile(connection);
    await this.#journal.begin(file);
    connection.keepIn(this.#journal, file);
  }

  readonly schema: StoredSchema = {
    plan: (specs) => this.#plan(specs),
    progress: () => this.#opened?.filler.progress() ?? [],
    filled: async () => this.#opened?.filler.filled() ?? [],
  };

  async #plan(specs: readonly ResourceSpec[]): Promise<readonly SchemaChange[]> {
    const { busyMs, context } = this.#options;
    const plan = (path: string) => planSqliteFile(path, specs, busyMs, context);
    try {
      return await (this.#journal && !this.#opened ? this.#journal.withCopy(plan) : plan(this.#path));
    } catch (thrown) {
      throw openingError(thrown, this.#path);
    }
  }

  async commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]> {
    const { connection, committer } = this.#store;
    crashPoint("before-transaction");
    const { results, purged } = await connection.write(() => committer.commit(units));
    crashPoint("after-commit");
    if (purged) this.#logHoldsPurged = true;
    if (this.#logHoldsPurged) this.#emptyLog(connection);
    return results;
  }

  /** What is committed stays acknowledged whatever happens here; what is left in the log goes with the next commit or the end. */
  #emptyLog(connection: SqliteConnection): void {
    try {
      this.#logHoldsPurged = !connection.emptyLog();
    } catch {
      this.#logHoldsPurged = true;
    }
  }

  read(type: string, keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]> {
    return this.#run(({ readers }) => readerOf(readers, type).read(keys));
  }

  search(type: string, query: StorageQuery, known: Known): Promise<StoragePage<MetaState["revision"]>> {
    return this.#run(({ connection, readers }) => {
      const rows = readerOf(readers, type).paged.in(query.order);
      return connection.drive(() => searchStates(sqliteDialect, rows, query, known), looksAtEveryRow(query.filter));
    });
  }

  readonly past: Past<PlacedRevision> = {
    search: (type, query) =>
      this.#run(({ connection, readers }) => {
        const { rows: all, paged } = readerOf(readers, type);
        refuseUnkept(all.spec, keptOf(all.spec, connection.all(knownHistorySql(all))), query);
        const rows = paged.in(query.order);
        const steps = function* () {
          const page = yield* searchPage<Row>(sqliteDialect, pastSource(sqliteDialect, sqliteLayout, rows, query), query);
          return { ...page, rows: page.rows.map((row) => rows.storedPast(row)), positions: page.rows.map(rows.positionOf) };
        };
        return connection.drive(steps, looksAtEveryRow(query.filter));
      }),
  };

  readonly referrers: MetaReferrers = {
    pages: (type, query, known) =>
      this.#run(({ connection, readers }) => {
        const rows = readerOf(readers, type).paged.in(query.order);
        return connection.drive(
          () => referrerPages(sqliteDialect, rows, query, known),
          query.column.array || looksAtEveryRow(query.filter),
        );
      }),
  };

  readonly archives: Archives<PlacedRevision> = {
    page: (type, query) =>
      this.#run(({ connection, readers }) => connection.drive(() => archivePage(readerOf(readers, type).rows, query), false)),
  };

  readonly aggregates: Aggregates = {
    groups: (type, query) =>
      this.#run(({ connection, readers }) => {
        const { sql, groups } = aggregateGroups(sqliteDialect, readerOf(readers, type).rows.table, query);
        const steps = function* (): Generator<Step, ReturnType<typeof groups>, readonly (readonly Row[])[]> {
          const [rows = []] = yield { queries: [sql] };
          return groups(rows);
        };
        return connection.drive(steps, true);
      }),
  };

  revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage<PlacedRevision>[]> {
    return this.#run(({ readers }) => readerOf(readers, type).revisions(ids, query));
  }

  changes(query: FeedQuery): Promise<readonly ChangeRow[]> {
    return this.#run(({ shared }) => shared.changes(query));
  }

  state(): Promise<StoreState> {
    return this.#run(({ shared, identity }) => ({ epoch: identity.epoch, secret: identity.secret.slice(), ...shared.feedEnds() }));
  }

  reply(key: string): Promise<Reply | undefined> {
    return this.#run(({ committer }) => committer.reply(key));
  }

  get blobs(): BlobRows {
    return this.#store.blobs;
  }

  get messages(): MessageRows {
    return this.#store.messages;
  }

  async condemn(keys: readonly string[]): Promise<readonly string[]> {
    return this.#store.swept.condemn(keys);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (!opened) return;
    await opened.filler.stop();
    await opened.connection.settled();
    await this.#journal?.close();
    if (this.#logHoldsPurged) this.#emptyLog(opened.connection);
    opened.connection.close();
  }

  get #store(): Opened {
    if (!this.#opened) throw fail("UNAVAILABLE", "The store is not open");
    return this.#opened;
  }

  async #run<Answer>(work: (opened: Opened) => Answer | Promise<Answer>): Promise<Answer> {
    const opened = this.#store;
    return opened.connection.read(() => work(opened));
  }
}

function readerOf(readers: ReadonlyMap<string, ResourceReader>, type: string): ResourceReader {
  const reader = readers.get(type);
  if (!reader) throw fail("INTERNAL", `The store was opened without the resource ${type}`, { resource: type });
  return reader;
}
