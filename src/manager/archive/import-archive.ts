import { fail, type SpecStarError } from "../../errors.ts";
import { type Filter, parseOrder } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Archived } from "../../storage/archives.ts";
import { hashIn } from "../../storage/blob-name.ts";
import { matches } from "../../storage/evaluate.ts";
import type { BlobRow } from "../../storage/rows.ts";
import type { Actor } from "../actor.ts";
import type { Core } from "../scope.ts";
import { ArchiveReader, type Item } from "./archive-reader.ts";
import { type Decision, decideImport, type OnConflict } from "./decide-import.ts";
import { ImportWriter } from "./import-writer.ts";
import { type Incoming, incomingOf, incomingPurge } from "./incoming.ts";
import type { Progress } from "./progress.ts";
import type { Header } from "./records.ts";
import { conflict, malformed, unfit } from "./refusals.ts";

/** What may be imported, as far as the actor may. */
export interface Importable {
  readonly spec: ResourceSpec;
  readonly filter: Filter | undefined;
}

export interface ImportPlan {
  readonly importable: ReadonlyMap<string, Importable>;
  /** Specs that the actor may not import, and what it is told. */
  readonly forbidden: ReadonlyMap<string, SpecStarError>;
  readonly actor: Actor;
  readonly onConflict: OnConflict;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** What an import came to. Each resource of the archive is in one of the first four. */
export interface ImportResult {
  /** That were not here. */
  readonly created: number;
  /** That took the place of another one under their id. */
  readonly replaced: number;
  /** That were here as they are in the archive. */
  readonly unchanged: number;
  /** That were left out because of what is here. */
  readonly skipped: number;
  /** Of those that were created or replaced. */
  readonly revisions: number;
  /** Blobs that were not here. */
  readonly blobs: number;
}

/** So many resources or revisions are decided and written together. */
const batch = { resources: 200, revisions: 1_000, bytes: 4 * 1024 * 1024 };

/** What is common to both passes over an archive: the first looks at everything and writes nothing, the second writes. */
export class ArchiveImport {
  readonly #core: Core;
  readonly #plan: ImportPlan;
  /** Ids of the blobs of the archive. */
  readonly #blobs = new Set<string>();

  constructor(core: Core, plan: ImportPlan) {
    this.#core = core;
    this.#plan = plan;
  }

  /** Reads all of it. What it throws, it throws before anything is written. */
  async verify(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const blobs: BlobRow[] = [];
    await this.#read(bytes, "verifying", {
      blob: async (item) => {
        for await (const _ of item.bytes());
        blobs.push(item.row);
        if (blobs.length >= batch.resources) await this.#checkBlobs(blobs.splice(0));
      },
      resources: async (incoming) => {
        await this.#checkBlobs(blobs.splice(0));
        await this.#decideAll(incoming);
      },
    });
    await this.#checkBlobs(blobs);
  }

  /** Writes what was verified. Where it ends half-way, another import of the same archive goes on. */
  async write(bytes: AsyncIterable<Uint8Array>): Promise<ImportResult> {
    const writer = new ImportWriter(this.#core, this.#plan, (incoming) => this.#decideAll(incoming));
    await this.#read(bytes, "importing", {
      blob: (item) => writer.blob(item),
      resources: (incoming) => writer.resources(incoming),
    });
    return writer.result();
  }

  async #read(
    bytes: AsyncIterable<Uint8Array>,
    phase: Progress["phase"],
    to: {
      readonly blob: (item: Extract<Item, { kind: "blob" }>) => Promise<void>;
      readonly resources: (incoming: readonly Incoming[]) => Promise<void>;
    },
  ): Promise<void> {
    const reader = new ArchiveReader(bytes, this.#core.limits);
    try {
      this.#checkHeader(await reader.header());
      let waiting: Incoming[] = [];
      let [revisions, size] = [0, 0];
      const handOn = async () => {
        const all = waiting;
        [waiting, revisions, size] = [[], 0, 0];
        if (all.length > 0) await to.resources(all);
        this.#plan.onProgress?.({ phase, ...reader.counts, bytes: reader.bytes });
      };
      for (let item = await reader.next(); item; item = await reader.next()) {
        if (item.kind === "blob") {
          this.#blobs.add(item.row.id);
          await to.blob(item);
          continue;
        }
        const incoming = this.#incoming(item, phase === "importing");
        if (waiting[0] && waiting[0].spec !== incoming.spec) await handOn();
        waiting.push(incoming);
        revisions += incoming.imported.revisions.length;
        for (const { revision } of incoming.imported.revisions) size += revision.size;
        if (waiting.length >= batch.resources || revisions >= batch.revisions || size >= batch.bytes) await handOn();
      }
      await handOn();
    } finally {
      await reader.close();
    }
  }

  #checkHeader({ specs }: Header): void {
    for (const { name, prefix, schemaVersion } of specs) {
      const spec = this.#plan.importable.get(name)?.spec;
      const forbidden = this.#plan.forbidden.get(name);
      if (forbidden) throw forbidden;
      if (!spec)
        throw fail(
          "BAD_REQUEST",
          `The archive has resources of ${name}, which ${this.#core.specs.has(name) ? "are not to be imported here" : "this platform does not know"}. Nothing was imported`,
          { reason: "spec" },
        );
      if (prefix !== spec.names.prefix) throw malformed(`ids of ${name} begin with ${prefix}, and here with ${spec.names.prefix}`);
      if (schemaVersion > spec.schemaVersion)
        throw unfit(
          spec,
          name,
          `it has version ${schemaVersion} of the schema, and this platform knows ${spec.schemaVersion}. Deploy the newer one first`,
        );
    }
  }

  #incoming(item: Exclude<Item, { kind: "blob" }>, verified: boolean): Incoming {
    const { type, id } = item.record;
    const { spec, filter } = this.#plan.importable.get(type) ?? {};
    if (!spec) throw malformed(`${id} is of a spec that its header does not name`);
    const { context } = this.#core;
    const incoming =
      item.kind === "purged"
        ? incomingPurge(spec, item.record, context.now(), this.#plan.actor.id)
        : incomingOf(spec, item, verified ? "verified" : this.#blobs);
    if (filter && !(incoming.meta.state !== "purged" && matches(filter, incoming.meta))) throw this.#forbidden(spec);
    return incoming;
  }

  #forbidden = ({ name }: ResourceSpec) =>
    fail("FORBIDDEN", `${this.#plan.actor.id} may not import every ${name} of this archive. Nothing was imported`, { resource: name });

  /** What becomes of each, all of one spec. Throws CONFLICT where that is the policy. */
  async #decideAll(all: readonly Incoming[]): Promise<readonly Decision[]> {
    const [{ spec } = { spec: undefined }] = all;
    if (!spec) return [];
    const { onConflict, actor, importable } = this.#plan;
    const here = await this.#whatIsHere(spec, all);
    const filter = importable.get(spec.name)?.filter;
    const decisions = all.map((incoming) => {
      const there = here.get(incoming.meta.id);
      const decision = decideImport(incoming, there, { onConflict, at: this.#core.context.now(), by: actor.id });
      if (decision.kind === "conflict" && onConflict === "fail") throw conflict(spec, incoming.meta.id, decision.why);
      if (there && decision.kind === "write" && filter && !matches(filter, there.meta)) throw this.#forbidden(spec);
      return decision;
    });
    if (onConflict === "fail") await this.#checkUniques(spec, all, decisions);
    return decisions;
  }

  async #whatIsHere(spec: ResourceSpec, all: readonly Incoming[]): Promise<ReadonlyMap<string, Archived>> {
    const ids = all.map(({ meta }) => meta.id);
    const found = new Map<string, Archived>();
    for (let after = ""; ; ) {
      const page = await this.#core.storage.archives.page(spec.name, { after, limit: batch.resources, ids });
      for (const archived of page) found.set(archived.meta.id, archived);
      const last = page.at(-1)?.meta.id;
      if (last === undefined || found.size === ids.length) return found;
      after = last;
    }
  }

  /** Values that somebody else has, before the first write rather than at it. */
  async #checkUniques(spec: ResourceSpec, all: readonly Incoming[], decisions: readonly Decision[]): Promise<void> {
    const writing = all.filter(({ meta }, i) => decisions[i]?.kind === "write" && meta.state === "live");
    for (const column of spec.uniques) {
      const operand = writing.flatMap(({ meta }) => {
        const value = meta.columns[column.name] ?? null;
        return typeof value === "object" ? [] : [value];
      });
      if (operand.length === 0) continue;
      const filter: Filter = { kind: "test", column, of: "value", operator: "in", operand };
      const query = { filter, order: parseOrder(spec, undefined), limit: 1, fromEnd: false, includeDeleted: false, total: false };
      const [holder] = (await this.#core.storage.search(spec.name, query)).rows;
      if (holder)
        throw fail("UNIQUE_VIOLATION", `Another ${spec.name} here has a ${column.key} of the archive. Nothing was imported`, {
          resource: spec.name,
          field: column.key,
        });
    }
  }

  /** An id is of the same bytes for ever. */
  async #checkBlobs(rows: readonly BlobRow[]): Promise<void> {
    if (rows.length === 0) return;
    const here = await this.#core.storage.blobs(rows.map(({ id }) => id));
    const other = rows.find((row, i) => here[i] && hashIn(here[i].hash) !== row.hash);
    if (other) throw fail("CONFLICT", `The blob ${other.id} is here with other bytes. Nothing was imported`, { id: other.id });
  }
}
