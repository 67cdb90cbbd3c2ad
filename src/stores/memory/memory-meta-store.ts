import { randomBytes } from "node:crypto";
import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { comparePositions, matches } from "../../storage/evaluate.ts";
import type { MetaCapabilities, MetaResult, MetaStore, MetaStored, MetaUnit } from "../../storage/meta-store.ts";
import {
  type BlobRow,
  type Change,
  type ChangeRow,
  type FeedQuery,
  type Guard,
  type MetaRow,
  type PlacedRevision,
  positionOf,
  type ReadKey,
  type Reply,
  type RevisionPage,
  type RevisionQuery,
  type StoragePage,
  type StorageQuery,
  type StoreState,
  type UnitFailure,
} from "../../storage/rows.ts";
import { type Entry, frozen, metaAsOf, next } from "./entry.ts";

/** The reference backend: the laws of MetaStore in as few lines as they need. Entries are replaced, never changed. */
export class MemoryMetaStore implements MetaStore {
  readonly capabilities: MetaCapabilities = { durable: false, shared: false, maxBatch: Number.POSITIVE_INFINITY };
  readonly #context: Context;
  readonly #specs = new Map<string, ResourceSpec>();
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #uniques = new Map<string, string>();
  readonly #replies = new Map<string, Reply>();
  readonly #blobs = new Map<string, BlobRow>();
  readonly #feed: ChangeRow[] = [];
  readonly #identity: { readonly epoch: string; readonly secret: Uint8Array };

  constructor(context: Context) {
    this.#context = context;
    this.#identity = { epoch: context.uuid(), secret: randomBytes(32) };
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
    try {
      const results = units.map((unit) => this.#commitUnit(unit, undo));
      crashPoint("before-commit");
      undo.length = 0;
      crashPoint("after-commit");
      return results;
    } finally {
      while (undo.length > 0) undo.pop()?.();
      this.#dropped.length = 0;
    }
  }

  /** Applies change after change; a failure takes back what this unit did, and leaves the units before it. */
  #commitUnit(unit: MetaUnit, undo: (() => void)[]): MetaResult {
    const mark = undo.length;
    const failure = this.#applyUnit(unit, undo);
    if (!failure) return { ok: true, orphans: this.#dropped.splice(0) };
    while (undo.length > mark) undo.pop()?.();
    this.#dropped.length = 0;
    return { ok: false, failure };
  }

  readonly #dropped: string[] = [];

  #applyUnit(unit: MetaUnit, undo: (() => void)[]): UnitFailure | undefined {
    const { reply } = unit;
    const kept = reply && this.#liveReply(reply.key);
    if (kept) return { kind: "replay", reply: kept };
    for (const guard of unit.guards ?? []) if (!this.#holds(guard)) return { kind: "guard", guard };
    for (const change of unit.changes) {
      const failure = this.#applyChange(change, undo);
      if (failure) return failure;
    }
    if (reply) {
      this.#replies.set(reply.key, frozen({ ...reply }));
      undo.push(() => this.#replies.delete(reply.key));
    }
    return undefined;
  }

  #applyChange(change: Change<PlacedRevision>, undo: (() => void)[]): UnitFailure | undefined {
    const { type, meta, kind } = change;
    const entries = this.#table(type);
    const old = entries.get(meta.id);
    if (change.expected === 0 && old) return { kind: "taken", id: meta.id };
    if (change.expected > 0 && (old?.meta.version !== change.expected || old.meta.state === "purged")) {
      return { kind: "version", id: meta.id, actual: old && old.meta.state !== "purged" ? old.meta.version : 0 };
    }
    crashPoint("after-compare-and-set");
    this.#claim(type, old?.meta, meta, undo, "release");
    const violated = meta.state === "live" ? this.#violated(type, meta) : undefined;
    if (violated) return violated;
    this.#claim(type, old?.meta, meta, undo, "take");

    entries.set(meta.id, frozen(kind === "purged" ? { meta, revisions: [], history: [] } : next(old, change)));
    undo.push(() => (old ? entries.set(meta.id, old) : entries.delete(meta.id)));
    this.#feed.push(
      frozen({
        position: this.#feed.length + 1,
        type,
        id: meta.id,
        kind,
        revision: meta.current,
        previous: change.previous,
        version: meta.version,
        at: change.at,
        by: change.by,
      }),
    );
    undo.push(() => this.#feed.pop());
    if (kind === "purged") this.#purgeReplies(meta.id, undo);
    const gone =
      kind === "purged"
        ? (old?.revisions ?? [])
        : kind === "modified"
          ? (old?.revisions.filter((each) => each.number === meta.current) ?? [])
          : [];
    this.#dropped.push(...gone.flatMap((each) => (each.key === null ? [] : [each.key])));
    return undefined;
  }

  #purgeReplies(id: string, undo: (() => void)[]): void {
    for (const reply of this.#replies.values()) {
      if (reply.id !== id) continue;
      this.#replies.delete(reply.key);
      undo.push(() => this.#replies.set(reply.key, reply));
    }
  }

  #claim(type: string, old: MetaRow | undefined, meta: MetaRow, undo: (() => void)[], step: "release" | "take"): void {
    const row = step === "release" ? old : meta;
    if (row?.state !== "live") return;
    for (const column of this.#spec(type).uniques) {
      const key = claimKey(type, column.name, row);
      if (key === undefined) continue;
      const before = this.#uniques.get(key);
      if (step === "take") this.#uniques.set(key, row.id);
      else this.#uniques.delete(key);
      undo.push(() => (before === undefined ? this.#uniques.delete(key) : this.#uniques.set(key, before)));
    }
  }

  #violated(type: string, meta: MetaRow): UnitFailure | undefined {
    for (const { name } of this.#spec(type).uniques) {
      const key = claimKey(type, name, meta);
      const holder = key === undefined ? undefined : this.#uniques.get(key);
      if (holder !== undefined) return { kind: "unique", type, columns: [name], holder };
    }
    return undefined;
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
    const all = [...this.#table(type).values()]
      .filter(({ meta }) => (meta.state === "live" || (query.includeDeleted && meta.state === "deleted")) && matches(query.filter, meta))
      .map((entry) => ({ entry, at: positionOf(entry.meta, query.order) }))
      .sort((a, b) => comparePositions(query.order, a.at, b.at));
    const { after, before } = query;
    const from = after ? all.findIndex(({ at }) => comparePositions(query.order, at, after) > 0) : 0;
    const to = before ? all.findIndex(({ at }) => comparePositions(query.order, at, before) >= 0) : all.length;
    const { rows, hasPrevious, hasNext } = cut(all, from === -1 ? all.length : from, to === -1 ? all.length : to, query);
    return {
      rows: rows.flatMap(({ entry: { meta, revisions } }) =>
        revisions.slice(meta.current - 1, meta.current).map((revision) => ({ meta, revision })),
      ),
      hasPrevious,
      hasNext,
      ...(query.total ? { total: all.length } : {}),
    };
  }

  async revisions(type: string, id: string, query: RevisionQuery): Promise<RevisionPage<PlacedRevision>> {
    const all = this.#table(type).get(id)?.revisions ?? [];
    const from = Math.min(query.after ?? 0, all.length);
    const to = Math.min((query.before ?? all.length + 1) - 1, all.length);
    return { ...cut(all, from, to, query), total: all.length };
  }

  async changes(query: FeedQuery): Promise<readonly ChangeRow[]> {
    const rows: ChangeRow[] = [];
    for (let i = query.after; i < this.#feed.length && rows.length < query.limit; i++) {
      const row = this.#feed[i];
      if (row && (!query.types || query.types.includes(row.type)) && (query.id === undefined || query.id === row.id)) rows.push(row);
    }
    return rows;
  }

  async state(): Promise<StoreState> {
    return { epoch: this.#identity.epoch, secret: new Uint8Array(this.#identity.secret), head: this.#feed.length };
  }

  async reply(key: string): Promise<Reply | undefined> {
    return this.#liveReply(key);
  }

  #liveReply(key: string): Reply | undefined {
    const reply = this.#replies.get(key);
    return reply && reply.expiresAt > this.#context.now() ? reply : undefined;
  }

  async putBlob(row: BlobRow): Promise<void> {
    this.#blobs.set(row.id, frozen({ ...row }));
  }

  async blobs(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return ids.map((id) => this.#blobs.get(id));
  }

  async referenced(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set(
      [...this.#entries.values()].flatMap((entries) =>
        [...entries.values()].flatMap((entry) => entry.revisions.map((revision) => revision.key)),
      ),
    );
    return new Set(keys.filter((key) => known.has(key)));
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

/** The window of `[from, to)` that a page shows, and whether rows stand around it. */
function cut<T>(
  all: readonly T[],
  from: number,
  to: number,
  page: { limit: number; fromEnd: boolean },
): { rows: readonly T[]; hasPrevious: boolean; hasNext: boolean } {
  const start = page.fromEnd ? Math.max(from, to - page.limit) : from;
  const end = page.fromEnd ? Math.max(from, to) : Math.max(from, Math.min(to, from + page.limit));
  return { rows: all.slice(start, end), hasPrevious: start > 0, hasNext: end < all.length };
}

function claimKey(type: string, column: string, meta: MetaRow): string | undefined {
  const value = meta.columns[column] ?? null;
  return value === null ? undefined : JSON.stringify([type, column, value]);
}
