import { holdersAtOnce } from "../../storage/blob-holders.ts";
import { hashIn, nextBlobName } from "../../storage/blob-name.ts";
import type { BlobRows } from "../../storage/blob-rows.ts";
import type { Context } from "../../storage/context.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { frozen } from "./entry.ts";

/** In place of an instant: of names that were given up. */
const forGood = 0;

/** Blobs' rows, and which revisions use them. Changes that are part of a unit answer how to take them back. */
export class MemoryBlobRows implements BlobRows {
  readonly #context: Context;
  readonly #rows = new Map<string, BlobRow>();
  /** By resource id, then by number of the revision. */
  readonly #uses = new Map<string, Map<number, readonly string[]>>();
  /** Names whose bytes are being deleted, since when. */
  readonly #dying = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  async nameOf(hash: string): Promise<string> {
    const givenUp = [...this.#dying].filter(([name, since]) => since === forGood && hashIn(name) === hash);
    return nextBlobName(
      hash,
      givenUp.map(([name]) => name),
    );
  }

  async put(row: BlobRow): Promise<boolean> {
    if (this.#dying.has(row.hash)) return false;
    this.#rows.set(row.id, frozen({ ...row }));
    return true;
  }

  async get(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return ids.map((id) => this.#rows.get(id));
  }

  async holders(blob: string, after: string): Promise<readonly string[]> {
    const ids = [...this.#uses].filter(([id, revisions]) => id > after && [...revisions.values()].some((blobs) => blobs.includes(blob)));
    return ids
      .map(([id]) => id)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .slice(0, holdersAtOnce);
  }

  async release(which: { readonly ids: readonly string[] } | { readonly before: number }): Promise<readonly string[]> {
    const used = new Set([...this.#uses.values()].flatMap((revisions) => [...revisions.values()].flat()));
    const chosen = "ids" in which ? new Set(which.ids) : undefined;
    const before = "before" in which ? which.before : Number.NEGATIVE_INFINITY;
    const names = [...this.#dying].filter(([, since]) => since !== forGood && since < before).map(([name]) => name);
    for (const name of names) this.#dying.set(name, forGood);
    for (const { id, hash, createdAt } of this.#rows.values()) {
      if (used.has(id) || !(chosen ? chosen.has(id) : createdAt < before)) continue;
      this.#rows.delete(id);
      if ([...this.#rows.values()].some((row) => row.hash === hash)) continue;
      this.#dying.set(hash, this.#context.now());
      names.push(hash);
    }
    return names;
  }

  async condemn(names: readonly string[]): Promise<readonly string[]> {
    const held = new Set([...this.#rows.values()].map(({ hash }) => hash));
    const fresh = names.filter((name) => !held.has(name) && !this.#dying.has(name));
    for (const name of fresh) this.#dying.set(name, this.#context.now());
    return [...fresh, ...names.filter((name) => this.#dying.get(name) === forGood)];
  }

  async forget(names: readonly string[]): Promise<void> {
    for (const name of names) if (this.#dying.get(name) !== forGood) this.#dying.delete(name);
  }

  /** The first of these ids that has no row. */
  missing(ids: readonly string[]): string | undefined {
    return ids.find((id) => !this.#rows.has(id));
  }

  use(id: string, number: number, blobs: readonly string[]): () => void {
    const before = this.#uses.get(id);
    this.#uses.set(id, new Map(before).set(number, blobs));
    return () => this.#restore(id, before);
  }

  /** By number of the revision. */
  usesOf(id: string): ReadonlyMap<number, readonly string[]> {
    return this.#uses.get(id) ?? new Map();
  }

  /** Lets go of all that a resource used. */
  purge(id: string): { readonly released: readonly string[]; readonly undo: () => void } {
    const before = this.#uses.get(id);
    this.#uses.delete(id);
    return { released: [...new Set([...(before?.values() ?? [])].flat())], undo: () => this.#restore(id, before) };
  }

  #restore(id: string, before: Map<number, readonly string[]> | undefined): void {
    if (before) this.#uses.set(id, before);
    else this.#uses.delete(id);
  }
}
