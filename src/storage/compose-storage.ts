import { fail } from "../errors.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Aggregates } from "./aggregates.ts";
import { type Archives, revisionsIn } from "./archives.ts";
import type { BlobHolders } from "./blob-holders.ts";
import type { BlobLinks } from "./blob-links.ts";
import type { BlobStore, ByteRange } from "./blob-store.ts";
import { type Context, systemContext } from "./context.ts";
import { crashPoint } from "./crash-points.ts";
import { GroupCommit } from "./group-commit.ts";
import { KnownStates } from "./known-states.ts";
import type { MessageRows } from "./message-rows.ts";
import type { MetaState, MetaStore, MetaUnit } from "./meta-store.ts";
import type { Past } from "./past.ts";
import { Placement } from "./placement.ts";
import type { Referrers } from "./referrers.ts";
import { refuseUnready, refuseUnreadyAggregate, refuseUnreadyColumn, refuseUnreadyGuards } from "./refuse-unready.ts";
import type { RevisionStore } from "./revision-store.ts";
import type {
  BlobRow,
  ChangeRow,
  FeedQuery,
  PlacedRevision,
  ReadKey,
  Reply,
  RevisionPage,
  RevisionQuery,
  StoragePage,
  StorageQuery,
  Stored,
  StoreState,
  UnitOfWork,
  UnitResult,
} from "./rows.ts";
import type { IStorage, StorageCapabilities } from "./storage.ts";
import type { BeforeChanges, StoredSchema } from "./stored-schema.ts";
import { defaultBlobGraceMs, Sweeper } from "./sweeper.ts";
import { rereading } from "./whole-revisions.ts";

const defaultCacheBytes = 64 * 1024 * 1024;

export interface StorageParts {
  readonly meta: MetaStore;
  readonly revisions: RevisionStore;
  readonly blobs: BlobStore;
  /** Bodies up to this many bytes stay in their revision row (default 16 KiB; 0: none, Infinity: all). */
  readonly inlineBytes?: number;
  /** How long a blob that no revision uses is kept, in milliseconds (default 24 hours). */
  readonly blobGraceMs?: number;
  /** How much memory states that were read may take, in bytes (default 64 MiB; 0: none). */
  readonly cacheBytes?: number;
  readonly context?: Context;
  /** Revision stores of single resources, by spec name. */
  readonly resources?: Readonly<Record<string, { readonly revisions: RevisionStore }>>;
}

/** One storage of a meta store, a revision store and a blob store. The order of writes between them is decided here alone. */
export function composeStorage(parts: StorageParts): IStorage {
  return new ComposedStorage(parts);
}

/** Of text that no id is made of no store is asked: a database may refuse it, as PostgreSQL does U+0000. */
const canExist = ({ id }: ReadKey): boolean => /^[\w-]+$/.test(id);

class ComposedStorage implements IStorage {
  readonly capabilities: StorageCapabilities;
  readonly #parts: StorageParts;
  readonly #placement: Placement;
  readonly #group: GroupCommit;
  readonly #known: KnownStates;
  #onCommit: () => void = () => {};
  readonly #begun = new Set<Promise<void>>();
  readonly #sweeper: Sweeper;

  constructor(parts: StorageParts) {
    const { durable, shared } = parts.meta.capabilities;
    this.capabilities = { durable, shared, presigns: parts.blobs.presigns };
    this.#parts = parts;
    const context = parts.context ?? systemContext;
    this.#placement = new Placement(parts.revisions, parts.resources ?? {}, parts.inlineBytes ?? 16 * 1024, context);
    this.#group = new GroupCommit(parts.meta);
    this.#known = new KnownStates(parts.cacheBytes ?? defaultCacheBytes);
    const swept = { meta: parts.meta, revisions: this.#placement.stores(), blobs: parts.blobs };
    this.#sweeper = new Sweeper(swept, context, parts.blobGraceMs ?? defaultBlobGraceMs);
  }

  get schema(): StoredSchema {
    return this.#parts.meta.schema;
  }

  async open(specs: readonly ResourceSpec[], onCommit: () => void, beforeChanges?: BeforeChanges): Promise<void> {
    this.#onCommit = onCommit;
    await Promise.all([...this.#placement.stores(), this.#parts.blobs].map((store) => store.open()));
    await this.#parts.meta.open(specs, onCommit, beforeChanges);
    this.#sweeper.start();
  }

  /** Bytes first, pointer last: a crash in between leaves bytes that nothing refers to, and the sweeper takes them. */
  commit(units: readonly UnitOfWork[]): Promise<readonly UnitResult[]> {
    const work = this.#commitList(units);
    const settled = work
      .then(
        () => {},
        () => {},
      )
      .finally(() => this.#begun.delete(settled));
    this.#begun.add(settled);
    return work;
  }

  /** The bytes of the whole list come first, so that units reach the transaction in the order given. */
  async #commitList(units: readonly UnitOfWork[]): Promise<readonly UnitResult[]> {
    const placed = await Promise.all(units.map((unit) => Promise.all(unit.changes.map((change) => this.#placement.place(change)))));
    return Promise.all(units.map((unit, i) => this.#commitUnit({ ...unit, changes: placed[i] ?? [] })));
  }

  async #commitUnit(unit: MetaUnit): Promise<UnitResult> {
    refuseUnreadyGuards(this.schema.progress(), unit);
    const { changes } = unit;
    const result = await this.#group.commit(unit);
    if (!result.ok) {
      await this.#placement.delete(
        changes,
        changes.flatMap((change) => revisionsIn(change).flatMap(({ key }) => key ?? [])),
      );
      return result;
    }
    this.#onCommit();
    // What they were is of no more use, and what was purged is gone.
    for (const { meta } of changes) this.#known.forget(meta.id);
    if (result.orphans && result.orphans.length > 0) {
      crashPoint("before-orphans-deleted");
      await this.#placement.delete(changes, result.orphans);
    }
    // What was purged is gone; what could not be deleted now, the sweeper finds.
    if (result.released && result.released.length > 0) await this.#sweeper.releaseBlobs(result.released).catch(() => {});
    return { ok: true };
  }

  async read(type: string, keys: readonly ReadKey[]): Promise<readonly (Stored | undefined)[]> {
    const asked = keys.every(canExist) ? keys : keys.filter(canExist);
    const found = await this.#read(type, asked);
    if (asked === keys) return found;
    const answers = found.values();
    return keys.map((key) => (canExist(key) ? answers.next().value : undefined));
  }

  async #read(type: string, keys: readonly ReadKey[]): Promise<readonly (Stored | undefined)[]> {
    return rereading(async () => {
      const found = await this.#parts.meta.read(type, keys);
      const placed = found.flatMap((each) => (each ? [each.revision] : []));
      const whole = await this.#placement.whole(type, placed);
      return found.map((each) => each && { meta: each.meta, revision: whole(each.revision) });
    });
  }

  async search(type: string, query: StorageQuery): Promise<StoragePage> {
    refuseUnready(this.schema.progress(), type, query);
    return rereading(async () => {
      const page = await this.#parts.meta.search(type, query, this.#known.of(type));
      return { ...page, rows: await this.#wholeStates(type, page.rows) };
    });
  }

  readonly referrers: Referrers = {
    pages: (type, query) =>
      rereading(async () => {
        refuseUnready(this.schema.progress(), type, query);
        refuseUnreadyColumn(this.schema.progress(), type, query.column);
        const pages = await this.#parts.meta.referrers.pages(type, query, this.#known.of(type));
        const found = pages.flatMap(({ rows }) => rows);
        const states = (await this.#wholeStates(type, found)).values();
        return pages.map((page) => ({ ...page, rows: [...states.take(page.rows.length)] }));
      }),
  };

  readonly past: Past = {
    search: (type, query) =>
      rereading(async () => {
        refuseUnready(this.schema.progress(), type, query);
        refuseUnready(this.schema.progress(), type, { filter: query.today });
        const page = await this.#parts.meta.past.search(type, query);
        return { ...page, rows: await this.#wholeRows(type, page.rows) };
      }),
  };

  readonly archives: Archives = {
    page: (type, query) =>
      rereading(async () => {
        const page = await this.#parts.meta.archives.page(type, query);
        const placed = page.flatMap(({ revisions }) => revisions.map(({ revision }) => revision));
        const whole = await this.#placement.whole(type, placed);
        return page.map((each) => ({ ...each, revisions: each.revisions.map((held) => ({ ...held, revision: whole(held.revision) })) }));
      }),
  };

  readonly aggregates: Aggregates = {
    groups: async (type, query) => {
      refuseUnreadyAggregate(this.schema.progress(), type, query);
      return this.#parts.meta.aggregates.groups(type, query);
    },
  };

  async revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage[]> {
    return rereading(async () => {
      const pages = await this.#parts.meta.revisions(type, ids, query);
      const placed = pages.flatMap(({ rows }) => rows);
      const whole = await this.#placement.whole(type, placed);
      return pages.map((page) => ({ ...page, rows: page.rows.map(whole) }));
    });
  }

  /** What was not known of them is from now on. */
  async #wholeStates(type: string, states: readonly MetaState[]): Promise<readonly Stored[]> {
    if (states.every(isWhole)) return states;
    const placed = states.flatMap(({ revision }) => ("body" in revision ? [] : [revision]));
    const whole = await this.#placement.whole(type, placed);
    return states.map((state) => {
      if (isWhole(state)) return state;
      const { meta, revision } = state;
      return this.#known.add(type, { meta, revision: "body" in revision ? revision : whole(revision) });
    });
  }

  async #wholeRows<Row extends Stored<PlacedRevision>>(type: string, rows: readonly Row[]) {
    const placed = rows.map(({ revision }) => revision);
    const whole = await this.#placement.whole(type, placed);
    return rows.map((row) => ({ ...row, revision: whole(row.revision) }));
  }

  changes(query: FeedQuery): Promise<readonly ChangeRow[]> {
    return this.#parts.meta.changes(query);
  }

  state(): Promise<StoreState> {
    return this.#parts.meta.state();
  }

  reply(key: string): Promise<Reply | undefined> {
    return this.#parts.meta.reply(key);
  }

  async putBlob(bytes: AsyncIterable<Uint8Array>, row: Omit<BlobRow, "hash" | "size">): Promise<BlobRow> {
    const { meta, blobs } = this.#parts;
    const whole = { ...row, ...(await blobs.put(bytes, (hash) => meta.blobs.nameOf(hash))) };
    crashPoint("before-blob-row");
    // Bytes that were there before may have been swept while they were put; from the row on they cannot be.
    if ((await meta.blobs.put(whole)) && (await blobs.has(whole.hash))) return whole;
    await this.#sweeper.releaseBlobs([row.id]);
    throw fail("UNAVAILABLE", "An older blob of the same bytes was deleted at this moment. Put it again", { id: row.id });
  }

  blobs(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return this.#parts.meta.blobs.get(ids);
  }

  readonly holders: BlobHolders = { page: (blob, after) => this.#parts.meta.blobs.holders(blob, after) };

  get messages(): MessageRows {
    return this.#parts.meta.messages;
  }

  readonly links: BlobLinks = { of: ({ hash }, link) => this.#parts.blobs.presign(hash, link) };

  readBlob(row: BlobRow, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#parts.blobs.get(row.hash, range);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#begun, this.#group.settled(), this.#sweeper.stop()]);
    await this.#parts.meta.close();
    await Promise.all([...this.#placement.stores(), this.#parts.blobs].map((store) => store.close()));
  }
}

const isWhole = (state: MetaState): state is Stored => "body" in state.revision;
