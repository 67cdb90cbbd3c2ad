import DataLoader from "dataloader";
import { fail } from "../src/errors.ts";
import type { Resource, RevisionView } from "../src/manager/resource.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
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
  #blobs: DataLoader<string, BlobRow> | undefined;

  constructor(manager: (name: string) => ResourceManager, blobs: BlobSource) {
    this.#manager = manager;
    this.#blobSource = blobs;
  }

  /** A live resource that the actor may read, else undefined. */
  resource(spec: string, id: string): Promise<Resource | undefined> {
    let loader = this.#resources.get(spec);
    if (!loader) {
      loader = new DataLoader((ids) => this.#manager(spec).getMany(ids));
      this.#resources.set(spec, loader);
    }
    return loader.load(id);
  }

  revision(spec: string, key: RevisionKey): Promise<RevisionView | undefined> {
    let loader = this.#revisions.get(spec);
    if (!loader) {
      loader = new DataLoader<RevisionKey, RevisionView | undefined, string>((keys) => this.#manager(spec).revisionsAt(keys), {
        cacheKeyFn: JSON.stringify,
      });
      this.#revisions.set(spec, loader);
    }
    return loader.load(key);
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
    this.#blobs = undefined;
  }
}
