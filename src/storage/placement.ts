import type { Context } from "./context.ts";
import { crashPoint } from "./crash-points.ts";
import type { MetaUnit } from "./meta-store.ts";
import type { RevisionStore } from "./revision-store.ts";
import type { Change, PlacedRevision, Revision } from "./rows.ts";
import { wholeRevisions } from "./whole-revisions.ts";

/** Where bodies lie: small ones in their revision rows, others in the revision store of their type. */
export class Placement {
  readonly #revisions: RevisionStore;
  readonly #ofTypes: Readonly<Record<string, { readonly revisions: RevisionStore }>>;
  readonly #inlineBytes: number;
  readonly #context: Context;

  constructor(
    revisions: RevisionStore,
    ofTypes: Readonly<Record<string, { readonly revisions: RevisionStore }>>,
    inlineBytes: number,
    context: Context,
  ) {
    this.#revisions = revisions;
    this.#ofTypes = ofTypes;
    this.#inlineBytes = inlineBytes;
    this.#context = context;
  }

  /** Puts the bytes that are not to be inline, each under a key of its own. */
  async place(change: Change): Promise<Change<PlacedRevision>> {
    const { revision, imported, ...rest } = change;
    if (revision) return { ...rest, revision: await this.#placeRevision(change.type, revision) };
    if (!imported) return rest;
    const revisions = [];
    // Thousands at once would hold as many files or connections.
    for (const each of imported.revisions) revisions.push({ ...each, revision: await this.#placeRevision(change.type, each.revision) });
    return { ...rest, imported: { ...imported, revisions } };
  }

  async #placeRevision(type: string, { body, ...row }: Revision): Promise<PlacedRevision> {
    if (row.size <= this.#inlineBytes) return { ...row, inline: body, key: null };
    const key = this.#context.uuid();
    crashPoint("before-bytes");
    await this.#storeOf(type).put(key, Buffer.from(body));
    crashPoint("after-bytes");
    return { ...row, inline: null, key };
  }

  whole(type: string, rows: readonly PlacedRevision[]): Promise<(row: PlacedRevision) => Revision> {
    return wholeRevisions(this.#storeOf(type), rows);
  }

  /**
   * Keys are unique across stores, so each store of the unit's resources may be asked for all of them. The outcome of the
   * commit stands, whatever happens here: bytes that could not be deleted are left to the sweeper.
   */
  async delete(changes: MetaUnit["changes"], keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const store of new Set(changes.map(({ type }) => this.#storeOf(type)))) await store.delete(keys).catch(() => {});
  }

  #storeOf(type: string): RevisionStore {
    return this.#ofTypes[type]?.revisions ?? this.#revisions;
  }

  stores(): Set<RevisionStore> {
    return new Set([this.#revisions, ...Object.values(this.#ofTypes).map(({ revisions }) => revisions)]);
  }
}
