import { hash } from "node:crypto";
import { fail } from "../../errors.ts";
import type { Filter } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Archived } from "../../storage/archives.ts";
import { hashIn } from "../../storage/blob-name.ts";
import { matches } from "../../storage/evaluate.ts";
import type { BlobRow } from "../../storage/rows.ts";
import type { Core } from "../scope.ts";
import { changedIds } from "./changed-ids.ts";
import { pieceBytes } from "./format.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { Progress } from "./progress.ts";
import { type Counts, type Header, noCounts, revisionText } from "./records.ts";

/** A spec that is exported, as far as the actor may. */
export interface Exported {
  readonly spec: ResourceSpec;
  readonly filter: Filter | undefined;
}

export interface ExportPlan {
  readonly exported: readonly Exported[];
  readonly id: string | undefined;
  /** A position of the feed: only what has changed behind it. */
  readonly since: number | undefined;
  readonly position: number;
  readonly cursor: string;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Resources that are read at once, at most. */
const pageSize = 200;

/** The bytes of one archive, as they are pulled. */
export class ArchiveExport {
  readonly #core: Core;
  readonly #plan: ExportPlan;
  readonly #writer = new FrameWriter();
  /** Blobs that are in it. */
  readonly #blobs = new Set<string>();
  #counts: Counts = noCounts;
  #bytes = 0;

  constructor(core: Core, plan: ExportPlan) {
    this.#core = core;
    this.#plan = plan;
  }

  async *bytes(): AsyncGenerator<Buffer, void> {
    this.#writer.json("H", this.#header());
    const { exported, since, position } = this.#plan;
    const changed = since === undefined ? undefined : await changedIds(this.#core, exported, since, position);
    for (const each of exported) yield* this.#ofSpec(each, this.#idsOf(each.spec, changed));
    yield this.#take();
    this.#writer.json("E", { ...this.#counts, sha256: this.#writer.digest() });
    yield this.#take();
  }

  #header(): Header {
    const { exported, id, since, position, cursor } = this.#plan;
    return {
      createdAt: new Date(this.#core.context.now()).toISOString(),
      specs: exported.map(({ spec: { name, names, schemaVersion, shape } }) => ({ name, prefix: names.prefix, schemaVersion, shape })),
      ...(id === undefined ? {} : { id }),
      position,
      ...(since === undefined ? {} : { since }),
      cursor,
    };
  }

  /** Undefined for all. */
  #idsOf({ name }: ResourceSpec, changed: ReadonlyMap<string, readonly string[]> | undefined): readonly string[] | undefined {
    const { id } = this.#plan;
    const ids = changed && (changed.get(name) ?? []);
    if (id === undefined) return ids;
    return !ids || ids.includes(id) ? [id] : [];
  }

  async *#ofSpec(each: Exported, ids: readonly string[] | undefined): AsyncGenerator<Buffer, void> {
    for await (const page of this.#pages(each.spec, ids)) {
      const shown = page.filter(({ meta }) => isShown(each, meta));
      const rows = await this.#newBlobs(shown);
      for (const archived of shown) yield* this.#resource(each.spec, archived, rows);
    }
  }

  async *#pages({ name }: ResourceSpec, ids: readonly string[] | undefined): AsyncGenerator<readonly Archived[], void> {
    const { archives } = this.#core.storage;
    const windows = ids
      ? Array.from({ length: Math.ceil(ids.length / pageSize) }, (_, i) => ids.slice(i * pageSize, (i + 1) * pageSize))
      : [undefined];
    for (const window of windows) {
      for (let after = ""; ; ) {
        const page = await archives.page(name, { after, limit: pageSize, ...(window ? { ids: window } : {}) });
        const last = page.at(-1)?.meta.id;
        if (last === undefined) break;
        yield page;
        after = last;
      }
    }
  }

  /** Rows of the blobs that these resources hold, as far as they are not in the archive yet. */
  async #newBlobs(page: readonly Archived[]): Promise<ReadonlyMap<string, BlobRow>> {
    const held = page.flatMap(({ revisions }) => revisions.flatMap(({ blobs }) => blobs));
    const ids = [...new Set(held)].filter((id) => !this.#blobs.has(id));
    if (ids.length === 0) return new Map();
    const rows = await this.#core.storage.blobs(ids);
    return new Map(rows.flatMap((row) => (row ? [[row.id, row] as const] : [])));
  }

  async *#resource(spec: ResourceSpec, archived: Archived, rows: ReadonlyMap<string, BlobRow>): AsyncGenerator<Buffer, void> {
    const { meta, pointers, revisions } = archived;
    const writer = this.#writer;
    if (meta.state === "purged") {
      writer.json("R", { type: spec.name, id: meta.id, purged: true, version: meta.version });
      this.#count({ purged: 1 });
      return;
    }
    for (const id of new Set(revisions.flatMap(({ blobs }) => blobs)))
      if (!this.#blobs.has(id)) yield* this.#blob(meta.id, id, rows.get(id));
    const moved = pointers.map(({ version, at, by, current, state }) => [version, at, by, current, state]);
    writer.json("R", { type: spec.name, id: meta.id, revisions: revisions.length, pointers: moved });
    for (const { revision, blobs } of revisions) {
      writer.add("V", revisionText(revision, blobs));
      if (writer.full) yield this.#take();
    }
    this.#count({ resources: 1, revisions: revisions.length });
    if (writer.full) yield this.#take();
  }

  async *#blob(holder: string, id: string, row: BlobRow | undefined): AsyncGenerator<Buffer, void> {
    // A purge since the page was read took both away. Who exports again has neither.
    if (!row) throw fail("UNAVAILABLE", `${holder} was changed while it was exported. Export again`, { id: holder });
    const { size, contentType, createdAt, createdBy } = row;
    this.#writer.json("B", { id, hash: hashIn(row.hash), size, contentType, createdAt, createdBy });
    for await (const piece of piecesOf(this.#core.storage.readBlob(row))) {
      this.#writer.add("C", piece);
      if (this.#writer.full) yield this.#take();
    }
    this.#blobs.add(id);
    this.#count({ blobs: 1, blobBytes: size });
  }

  #count(more: Partial<Counts>): void {
    const { resources, purged, revisions, blobs, blobBytes } = this.#counts;
    this.#counts = {
      resources: resources + (more.resources ?? 0),
      purged: purged + (more.purged ?? 0),
      revisions: revisions + (more.revisions ?? 0),
      blobs: blobs + (more.blobs ?? 0),
      blobBytes: blobBytes + (more.blobBytes ?? 0),
    };
  }

  #take(): Buffer {
    const chunk = this.#writer.take();
    this.#bytes += chunk.byteLength;
    this.#plan.onProgress?.({ phase: "exporting", ...this.#counts, bytes: this.#bytes });
    return chunk;
  }
}

/** Of one size, whatever comes from the store: the same blob has the same bytes. */
async function* piecesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array = new Uint8Array();
  for await (const chunk of bytes) {
    waiting = waiting.byteLength === 0 ? chunk : Buffer.concat([waiting, chunk]);
    for (; waiting.byteLength >= pieceBytes; waiting = waiting.subarray(pieceBytes)) yield waiting.subarray(0, pieceBytes);
  }
  if (waiting.byteLength > 0) yield waiting;
}

/** Of a purged resource there is nothing that a filter could be asked of: whoever may not see all of them sees none. */
const isShown = ({ filter }: Exported, meta: Archived["meta"]): boolean =>
  meta.state === "purged" ? filter === undefined : matches(filter, meta);

/** What a cursor of an export goes on with: the same specs, or the same resource. */
export const scopeOf = (exported: readonly Exported[], id: string | undefined): string =>
  hash("sha256", JSON.stringify([exported.map(({ spec }) => spec.name).toSorted(), id ?? null]), "base64url").slice(0, 16);
