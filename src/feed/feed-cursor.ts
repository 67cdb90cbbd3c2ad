import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { fail } from "../errors.ts";
import type { CursorSeal } from "../manager/cursor-seal.ts";
import type { StoreState } from "../storage/rows.ts";
import type { SubscribeArgs } from "./feed-event.ts";
import { goneByEpoch, goneByRetention } from "./feed-tail.ts";

/** Makes and opens the cursors of one subscription: sealed epoch, filter and position. */
export class FeedCursor {
  readonly #seal: CursorSeal;
  readonly #epoch: string;
  readonly #filter: string;

  constructor(seal: CursorSeal, epoch: string, args: SubscribeArgs) {
    this.#seal = seal;
    this.#epoch = epoch;
    this.#filter = fingerprint(args);
  }

  /** The same where cursors are the same. */
  get scope(): string {
    return `${this.#epoch} ${this.#filter}`;
  }

  at(position: number): string {
    return this.#seal.seal(["feed", this.#epoch, this.#filter, position]);
  }

  /**
   * The position of a cursor that was given before.
   * @throws BAD_REQUEST for one of another subscription, GONE for one that reading cannot go on from.
   */
  open(cursor: string, { head, tail }: StoreState): number {
    const content = this.#seal.open(cursor);
    if (!Array.isArray(content) || content[0] !== "feed")
      throw fail("BAD_REQUEST", "The cursor is not one of a subscription", { field: "after" });
    const position = Number(content[3]);
    if (content[1] !== this.#epoch) throw goneByEpoch();
    if (content[2] !== this.#filter)
      throw fail("BAD_REQUEST", "The cursor belongs to a subscription with other arguments", { field: "after" });
    // Ahead of the feed: history was taken back.
    if (position > head) throw goneByEpoch();
    if (position < tail) throw goneByRetention();
    return position;
  }
}

/** The same for the same arguments in any order. */
function fingerprint({ types, id, kinds, where }: SubscribeArgs): string {
  const sorted = (list: readonly string[] | undefined) => (list ? [...new Set(list)].sort() : null);
  const filter = [sorted(types), id ?? null, sorted(kinds), ...(where === undefined ? [] : [where])];
  return hash("sha256", canonicalize(filter) ?? "", "base64url").slice(0, 16);
}
