import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Aggregates } from "../../storage/aggregates.ts";
import { type Archives, blobUses } from "../../storage/archives.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { matches } from "../../storage/evaluate.ts";
import { guardsOf } from "../../storage/guards-of.ts";
import { heldUp, keysOf } from "../../storage/held-up.ts";
import type { MetaCapabilities, MetaReferrers, MetaResult, MetaStore, MetaStored, MetaUnit } from "../../storage/meta-store.ts";
import type { Past } from "../../storage/past.ts";
import type {
  Change,
  ChangeRow,
  FeedQuery,
  Guard,
  MetaRow,
  PlacedRevision,
  ReadKey,
  Reply,
  RevisionPage,
  RevisionQuery,
  StoragePage,
  StorageQuery,
  StoreState,
  UnitFailure,
} from "../../storage/rows.ts";
import { noStoredSchema } from "../../storage/stored-schema.ts";
import { archivePage } from "./archive-page.ts";
import { type Entry, entryAsOf, frozen, keysLeftBy, metaAsOf, next } from "./entry.ts";
import { groupsOf } from "./memory-aggregates.ts";
import { MemoryBlobRows } from "./memory-blob-rows.ts";
import { MemoryFeed } from "./memory-feed.ts";
import { MemoryMessageRows } from "./memory-message-rows.ts";
import { idsIn, OtherRows } from "./other-rows.ts";
import { cut, pageOf } from "./page-of.ts";
import { UniqueClaims } from "./unique-claims.ts";

/** The reference backend: the laws of MetaStore in as few lines as they need. Entries are replaced, never changed. */
export class MemoryMetaStore implements MetaStore {
  readonly capabilities: MetaCapabilities = { durable: false, shared: false, maxBatch: Number.POSITIVE_INFINITY, transactions: 1 };
  readonly #context: Context;
  readonly #specs = new Map<string, ResourceSpec>();
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #uniques = new UniqueClaims();
  readonly #replies = new Map<string, Reply>();
  readonly blobs: MemoryBlobRows;
  readonly messages: MemoryMessageRows;
  readonly schema = noStoredSchema;
  readonly #condemned = new Set<string>();
  readonly #feed: MemoryFeed;
  readonly #identity: { readonly epoch: string; readonly secret: Uint8Array };

  constructor(context: Context, feedRetentionMs?: number) {
    this.#context = context;
    this.blobs = new MemoryBlobRows(context);
    this.messages = new MemoryMessageRows(context);
    this.#feed = new MemoryFeed(context, feedRetentionMs);
    this.#identity = { epoch: context.uuid(), secret: context.randomBytes(32) };
  }

  async open(specs: readonly ResourceSpec[]): Promise<void> {
    for (const spec of specs) {
      this.#specs.set(spec.name, spec);
      if (!this.#entries.has(spec.name)) this.#entries.set(spec.name, new Map());
    }
  }

  async commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]> {
    crashPoint("before-transaction");
    const undo: (() => void)[] = [];
    const before = this.#feed.ends.head;
    try {
      const results = units.map((unit) => this.#commitUnit(unit, undo));
      crashPoint("before-commit");
      undo.length = 0;
      this.#feed.dropOld(this.#feed.ends.head - before);
      crashPoint("after-commit");
      return results;
    } finally {
      while (undo.length > 0) undo.pop()?.();
      this.#dropped.length = 0;
      this.#released.length = 0;
    }
  }

  /** Applies change after change; a failure takes back what this unit did, and leaves the units before it. */
  #commitUnit(unit: MetaUnit, undo: (() => void)[]): MetaResult {
    if (keysOf(unit).some((key) => this.#condemned.has(key))) return { ok: false, error: heldUp() };
    const mark = undo.length;
    const failure = this.#applyUnit(unit, undo);
    if (!failure) return { ok: true, orphans: this.#dropped.splice(0), released: this.#released.splice(0) };
    while (undo.length > mark) undo.pop()?.();
    this.#dropped.length = 0;
    this.#released.length = 0;
    return { ok: false, failure };
  }

  readonly #dropped: string[] = [];
  readonly #released: string[] = [];

  #applyUnit(unit: MetaUnit, undo: (() => void)[]): UnitFailure | undefined {
    const { reply } = unit;
    const kept = reply && this.#liveReply(reply.key);
    if (kept) return { kind: "replay", reply: kept };
    const [first, last] = guardsOf(unit);
    for (const guard of first) if (!this.#holds(guard)) return { kind: "guard", guard };
    for (const change of unit.changes) {
      const failure = this.#applyChange(change, undo);
      if (failure) return failure;
    }
    for (const guard of last) if (!this.#holds(guard)) return { kind: "guard", guard };
    if (reply) {
      this.#replies.set(reply.key, frozen({ ...reply }));
      undo.push(() => this.#replies.delete(reply.key));
    }
    return undefined;
  }

  #applyChange(change: Change<PlacedRevision>, undo: (() => void)[]): UnitFailure | undefined {
    const { type, meta, kind, blobs = [] } = change;
    const missing = this.blobs.missing(blobs);
    if (missing !== undefined) return { kind: "blob", id: missing };
    const entries = this.#table(type);
    const old = entries.get(meta.id);
    if (change.expected === 0 && old) return { kind: "taken", id: meta.id };
    if (change.expected > 0 && (old?.meta.version !== change.expected || old.meta.state === "purged")) {
      return { kind: "version", id: meta.id, actual: old && old.meta.state !== "purged" ? old.meta.version : 0 };
    }
    crashPoint("after-compare-and-set");
    const violated = this.#uniques.move(this.#spec(type), old?.meta, meta, undo);
    if (violated) return violated;

    entries.set(meta.id, frozen(next(old, change)));
    undo.push(() => (old ? entries.set(meta.id, old) : entries.delete(meta.id)));
    undo.push(this.#feed.add(change));
    if (kind === "purged" || change.imported) {
      this.#purgeReplies(meta.id, undo);
      const purged = this.blobs.purge(meta.id);
      undo.push(purged.undo);
      this.#released.push(...purged.released);
    }
    for (const use of blobUses(change)) undo.push(this.blobs.use(meta.id, use.number, use.blobs));
    this.#dropped.push(...keysLeftBy(old, change));
    return undefined;
  }

  #purgeReplies(id: string, undo: (() => void)[]): void {
    for (const reply of this.#replies.values()) {
      if (reply.id !== id) continue;
      this.#replies.delete(reply.key);
      undo.push(() => this.#replies.set(reply.key, reply));
    }
  }

  #holds(guard: Guard): boolean {
    if (guard.kind === "noReferrers") {
      for (const { meta } of this.#table(guard.type).values()) {
        const value = meta.state === "live" ? meta.columns[guard.column] : null;
        if (value === guard.id || (Array.isArray(value) && value.includes(guard.id))) return false;
      }
      return true;
    }
    const meta = this.#table(guard.type).get(guard.id)?.meta;
    if (guard.kind === "version") return meta?.version === guard.version;
    return (meta?.state === "live") === (guard.kind === "exists");
  }

  async read(type: string, keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]> {
    const entries = this.#table(type);
    return keys.map((key) => {
      const entry = entries.get(key.id);
      if (!entry || entry.meta.state === "purged") return undefined;
      const meta = key.asOf === undefined ? entry.meta : metaAsOf(entry, key.asOf);
      const revision = meta && entry.revisions[(key.number ?? meta.current) - 1];
      return meta && revision && { meta, revision };
    });
  }

  async search(type: string, query: StorageQuery): Promise<StoragePage<PlacedRevision>> {
    return pageOf(this.#matching(type, query), query);
  }

  readonly referrers: MetaReferrers = {
    pages: async (type, query) => {
      const byId = new Map(query.ids.map((id): [string, Entry[]] => [id, []]));
      for (const entry of this.#matching(type, query)) for (const id of idsIn(entry.meta, query.column.name)) byId.get(id)?.push(entry);
      return [...byId.values()].map((entries) => pageOf(entries, query));
    },
  };

  /** All states are kept from the first one on, whatever the specs say: nothing is refused. */
  readonly past: Past<PlacedRevision> = {
    search: async (type, query) => {
      const today = this.#table(type);
      const then = [...today.values()].flatMap((entry) => (matches(query.today, entry.meta) ? (entryAsOf(entry, query.at) ?? []) : []));
      const page = pageOf(
        then.filter((entry) => isShown(entry.meta, query) && matches(query.filter, entry.meta)),
        query,
      );
      return { ...page, rows: page.rows.map((row) => ({ ...row, currentToday: today.get(row.meta.id)?.meta.current ?? 0 })) };
    },
  };

  readonly archives: Archives<PlacedRevision> = {
    page: async (type, query) => archivePage(this.#table(type), query, (id) => this.blobs.usesOf(id)),
  };

  readonly aggregates: Aggregates = {
    groups: async (type, query) => groupsOf(this.#matching(type, query), query),
  };

  #matching(type: string, query: Pick<StorageQuery, "filter" | "includeDeleted">): readonly Entry[] {
    const others = new OtherRows((of) => this.#table(of));
    return [...this.#table(type).values()].filter(({ meta }) => isShown(meta, query) && matches(query.filter, meta, others));
  }

  async revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage<PlacedRevision>[]> {
    return ids.map((id) => {
      const all = this.#table(type).get(id)?.revisions ?? [];
      const from = Math.min(query.after ?? 0, all.length);
      const to = Math.min((query.before ?? all.length + 1) - 1, all.length);
      return { ...cut(all, from, to, query), total: all.length };
    });
  }

  async changes(query: FeedQuery): Promise<readonly ChangeRow[]> {
    return this.#feed.changes(query);
  }

  async state(): Promise<StoreState> {
    const { epoch, secret } = this.#identity;
    return { epoch, secret: new Uint8Array(secret), ...this.#feed.ends };
  }

  async reply(key: string): Promise<Reply | undefined> {
    return this.#liveReply(key);
  }

  #liveReply(key: string): Reply | undefined {
    const reply = this.#replies.get(key);
    return reply && reply.expiresAt > this.#context.now() ? reply : undefined;
  }

  async condemn(keys: readonly string[]): Promise<readonly string[]> {
    const known = new Set(
      [...this.#entries.values()].flatMap((entries) =>
        [...entries.values()].flatMap((entry) => entry.revisions.map((revision) => revision.key)),
      ),
    );
    const condemned = keys.filter((key) => !known.has(key));
    for (const key of condemned) this.#condemned.add(key);
    return condemned;
  }

  async close(): Promise<void> {}

  #table(type: string): Map<string, Entry> {
    return this.#entries.get(type) ?? new Map();
  }

  #spec(type: string): ResourceSpec {
    const spec = this.#specs.get(type);
    if (!spec) throw fail("INTERNAL", `The store was not opened with ${type}`);
    return spec;
  }
}

const isShown = ({ state }: MetaRow, { includeDeleted }: Pick<StorageQuery, "includeDeleted">): boolean =>
  state === "live" || (includeDeleted && state === "deleted");
