import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Aggregates } from "../../storage/aggregates.ts";
import type { Archives } from "../../storage/archives.ts";
import type { BlobRows } from "../../storage/blob-rows.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import { defaultFeedRetentionMs, FeedRetention } from "../../storage/feed-retention.ts";
import type { Known } from "../../storage/known-states.ts";
import type { MetaCapabilities, MetaReferrers, MetaResult, MetaState, MetaStore, MetaStored, MetaUnit } from "../../storage/meta-store.ts";
import type { Past } from "../../storage/past.ts";
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
import type { ReadBytes } from "../sql/fill-batch.ts";
import { Filler } from "../sql/filler.ts";
import { prepareSchema } from "../sql/prepare-schema.ts";
import { ResourceRows, replyOf } from "../sql/resource-rows.ts";
import { PostgresBlobRows } from "./postgres-blob-rows.ts";
import { PostgresCommitter } from "./postgres-committer.ts";
import { PostgresConnection, type PostgresSettings, writers } from "./postgres-connection.ts";
import { converted } from "./postgres-errors.ts";
import { PostgresFeed } from "./postgres-feed.ts";
import { postgresFilling } from "./postgres-filling.ts";
import { postgresLayout } from "./postgres-layout.ts";
import { PostgresMessageRows } from "./postgres-message-rows.ts";
import { lookAtReplies } from "./postgres-records.ts";
import { PostgresResourceReader } from "./postgres-resource-reader.ts";
import { PostgresResourceWriter } from "./postgres-resource-writer.ts";
import { checkServer, planInPostgres, postgresSchema } from "./postgres-schema.ts";
import { condemnKeys } from "./postgres-swept-keys.ts";

export interface PostgresMetaOptions {
  readonly settings: PostgresSettings;
  /** How long feed rows are kept (default 7 days). */
  readonly feedRetentionMs?: number | undefined;
  readonly context?: Context | undefined;
  /** Reads revisions that are not inline, where fields of existing resources become indexed. */
  readonly readBytes?: ReadBytes;
}

interface Opened {
  readonly connection: PostgresConnection;
  readonly readers: ReadonlyMap<string, PostgresResourceReader>;
  readonly committer: PostgresCommitter;
  readonly feed: PostgresFeed;
  readonly filler: Filler;
}

/** Rows in one schema of a PostgreSQL database, for any number of processes. */
export class PostgresMetaStore implements MetaStore {
  readonly capabilities: MetaCapabilities = { durable: true, shared: true, maxBatch: 64, transactions: writers };
  readonly blobs: BlobRows;
  readonly messages: PostgresMessageRows;
  readonly #settings: PostgresSettings;
  readonly #feedRetentionMs: number;
  readonly #context: Context;
  readonly #readBytes: ReadBytes;
  #opened: Opened | undefined;

  constructor({ settings, feedRetentionMs, context, readBytes }: PostgresMetaOptions) {
    this.#settings = settings;
    this.#feedRetentionMs = feedRetentionMs ?? defaultFeedRetentionMs;
    this.#context = context ?? systemContext;
    this.#readBytes = readBytes ?? (async (keys) => keys.map(() => undefined));
    this.blobs = new PostgresBlobRows(() => this.#store.connection, this.#context);
    this.messages = new PostgresMessageRows(() => this.#store.connection);
  }

  open(specs: readonly ResourceSpec[], onChange: () => void = () => {}, beforeChanges: BeforeChanges = () => {}): Promise<void> {
    const context = this.#context;
    return converted(async () => {
      const connection = new PostgresConnection(this.#settings);
      const feed = new PostgresFeed(connection, context, new FeedRetention(this.#feedRetentionMs), () => this.messages.heard());
      try {
        await checkServer(connection);
        const resources = specs.map((spec) => new ResourceRows(postgresLayout, spec));
        const { known } = await prepareSchema(postgresSchema(connection), resources, context, beforeChanges);
        const byType = <T>(make: (rows: ResourceRows) => T) => new Map(resources.map((rows) => [rows.spec.name, make(rows)]));
        const writers = byType((rows) => new PostgresResourceWriter(rows, known.get(rows.table)?.history));
        await feed.start(onChange);
        this.#opened = {
          connection,
          readers: byType((rows) => new PostgresResourceReader(connection, rows)),
          committer: new PostgresCommitter(connection, writers, context),
          feed,
          filler: new Filler(postgresFilling(connection), resources, known, context, this.#readBytes),
        };
        this.#opened.filler.start();
      } catch (thrown) {
        await feed.close();
        await connection.close();
        throw thrown;
      }
    });
  }

  readonly schema: StoredSchema = {
    plan: (specs) => this.#plan(specs),
    progress: () => this.#opened?.filler.progress() ?? [],
    filled: async () => this.#opened?.filler.filled() ?? [],
  };

  #plan(specs: readonly ResourceSpec[]): Promise<readonly SchemaChange[]> {
    return converted(async () => {
      const connection = new PostgresConnection(this.#settings);
      try {
        return await planInPostgres(connection, specs);
      } finally {
        await connection.close();
      }
    });
  }

  commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]> {
    return this.#run(async ({ committer, feed }) => {
      const results = await committer.commit(units);
      if (results.some(({ ok }) => ok)) feed.numberSoon();
      return results;
    });
  }

  read(type: string, keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]> {
    return this.#run(({ readers }) => readerOf(readers, type).read(keys));
  }

  search(type: string, query: StorageQuery, known: Known): Promise<StoragePage<MetaState["revision"]>> {
    return this.#run(({ readers }) => readerOf(readers, type).search(query, known));
  }

  readonly referrers: MetaReferrers = {
    pages: (type, query, known) => this.#run(({ readers }) => readerOf(readers, type).referrerPages(query, known)),
  };

  readonly past: Past<PlacedRevision> = {
    search: (type, query) => this.#run(({ readers }) => readerOf(readers, type).pastSearch(query)),
  };

  readonly archives: Archives<PlacedRevision> = {
    page: (type, query) => this.#run(({ readers }) => readerOf(readers, type).archivePage(query)),
  };

  readonly aggregates: Aggregates = {
    groups: (type, query) => this.#run(({ readers }) => readerOf(readers, type).aggregateGroups(query)),
  };

  revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage<PlacedRevision>[]> {
    return this.#run(({ readers }) => readerOf(readers, type).revisions(ids, query));
  }

  changes(query: FeedQuery): Promise<readonly ChangeRow[]> {
    return this.#run(({ feed }) => feed.changes(query));
  }

  state(): Promise<StoreState> {
    return this.#run(({ feed }) => feed.state());
  }

  reply(key: string): Promise<Reply | undefined> {
    return this.#run(async ({ connection }) => {
      const [row] = await connection.read(lookAtReplies(this.#context.now(), [key]));
      return row && replyOf(row);
    });
  }

  condemn(keys: readonly string[]): Promise<readonly string[]> {
    return this.#run(({ connection }) => condemnKeys(connection, this.#context, keys));
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.filler.stop();
    await opened?.feed.close();
    await opened?.connection.close();
  }

  get #store(): Opened {
    if (!this.#opened) throw fail("UNAVAILABLE", "The store is not open");
    return this.#opened;
  }

  #run<Answer>(work: (opened: Opened) => Promise<Answer>): Promise<Answer> {
    return converted(async () => work(this.#store));
  }
}

function readerOf(readers: ReadonlyMap<string, PostgresResourceReader>, type: string): PostgresResourceReader {
  const reader = readers.get(type);
  if (!reader) throw fail("INTERNAL", `The store was opened without the resource ${type}`, { resource: type });
  return reader;
}
