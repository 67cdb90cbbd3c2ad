import DataLoader from "dataloader";
import { fail } from "../src/errors.ts";
import type { DiffKey, RevisionDiff } from "../src/manager/operations/diff.ts";
import type { RevisionConnection, RevisionsArgs } from "../src/manager/operations/revisions.ts";
import type { SearchPage } from "../src/manager/operations/search.ts";
import type { ReferrerGroup } from "../src/manager/references/referrer-groups.ts";
import type { Resource, RevisionView } from "../src/manager/resource.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
import type { SearchArgsOf } from "../src/spec/query-builder.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import type { BlobRow } from "../src/storage/rows.ts";

/** Which revision: by number, or the one that was current at an instant. */
export type RevisionKey = { readonly id: string; readonly number: number } | { readonly id: string; readonly asOf: string };

interface BlobSource {
  stat(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]>;
}

/**
 * Collects what one level of a selection asks for into one storage call per spec. What was read is kept until `clear`, so
 * that the answer is one state: every write and every event of a subscription clears.
 */
export class Loaders {
  readonly #manager: (name: string) => ResourceManager;
  readonly #blobSource: BlobSource;
  readonly #resources = new Map<string, DataLoader<string, Resource | undefined>>();
  readonly #revisions = new Map<string, DataLoader<RevisionKey, RevisionView | undefined, string>>();
  readonly #pages = new Map<string, DataLoader<string, SearchPage<unknown>>>();
  readonly #referrers = new Map<string, DataLoader<string, readonly ReferrerGroup[]>>();
  readonly #histories = new Map<string, DataLoader<string, RevisionConnection<unknown>>>();
  readonly #diffs = new Map<string, DataLoader<DiffKey, RevisionDiff, string>>();
  #blobs: DataLoader<string, BlobRow> | undefined;

  constructor(manager: (name: string) => ResourceManager, blobs: BlobSource) {
    this.#manager = manager;
    this.#blobSource = blobs;
  }

  /** A live resource that the actor may read, else undefined. */
  resource(spec: string, id: string): Promise<Resource | undefined> {
    return once(this.#resources, spec, () => new DataLoader((ids) => this.#manager(spec).getMany(ids))).load(id);
  }

  revision(spec: string, key: RevisionKey): Promise<RevisionView | undefined> {
    const byKey = { cacheKeyFn: JSON.stringify };
    return once(this.#revisions, spec, () => new DataLoader((keys) => this.#manager(spec).revisionsAt(keys), byKey)).load(key);
  }

  /** A page of the resources whose `ref` holds an id; one call for all ids that are asked with the same arguments. */
  referring(spec: string, ref: string, id: string, args: SearchArgsOf<ResourceSpec>): Promise<SearchPage<unknown>> {
    const key = JSON.stringify([spec, ref, args]);
    return once(this.#pages, key, () => new DataLoader((ids) => this.#manager(spec).referring(ref, ids, args))).load(id);
  }

  /** A page of a resource's history. */
  revisions(spec: string, id: string, args: RevisionsArgs): Promise<RevisionConnection<unknown>> {
    const key = JSON.stringify([spec, args]);
    return once(
      this.#histories,
      key,
      () => new DataLoader<string, RevisionConnection<unknown>>((ids) => this.#manager(spec).revisionsOfMany(ids, args)),
    ).load(id);
  }

  referrers(spec: string, id: string): Promise<readonly ReferrerGroup[]> {
    return once(this.#referrers, spec, () => new DataLoader((ids) => this.#manager(spec).referrersOfMany(ids))).load(id);
  }

  diff(spec: string, key: DiffKey): Promise<RevisionDiff> {
    const byKey = { cacheKeyFn: JSON.stringify };
    return once(
      this.#diffs,
      spec,
      () => new DataLoader<DiffKey, RevisionDiff, string>((keys) => this.#manager(spec).diffs(keys), byKey),
    ).load(key);
  }

  blob(id: string): Promise<BlobRow> {
    this.#blobs ??= new DataLoader<string, BlobRow>(async (ids) =>
      (await this.#blobSource.stat(ids)).map((row, i) => row ?? fail("DATA_CORRUPTION", `Blob ${ids[i]} is missing`)),
    );
    return this.#blobs.load(id);
  }

  clear(): void {
    this.#resources.clear();
    this.#revisions.clear();
    this.#pages.clear();
    this.#referrers.clear();
    this.#histories.clear();
    this.#diffs.clear();
    this.#blobs = undefined;
  }
}

/** The loader of that key, made when it is first asked for. */
function once<L>(loaders: Map<string, L>, key: string, make: () => L): L {
  const loader = loaders.get(key) ?? make();
  loaders.set(key, loader);
  return loader;
}
