import type { ChangeRow } from "../storage/rows.ts";
import { type Follower, hears } from "./follower.ts";

/** Readers that wait, found by what they listen to: a change costs nothing to those that it does not concern. */
export class Sleepers {
  readonly #all = new Set<Follower>();
  readonly #byId = new Map<string, Set<Follower>>();
  readonly #byType = new Map<string, Set<Follower>>();

  add(follower: Follower): void {
    this.#all.add(follower);
    for (const [index, key] of this.#placesOf(follower)) index.set(key, (index.get(key) ?? new Set<Follower>()).add(follower));
  }

  /** Wakes those that a row concerns, each at the row before the first of them. */
  hear(rows: readonly ChangeRow[]): void {
    for (const row of rows) {
      for (const followers of [this.#byId.get(row.id), this.#byType.get(row.type)]) {
        for (const follower of followers ?? []) {
          if (row.position > follower.position && hears(follower.filter, row)) this.#rouse(follower, row.position - 1);
        }
      }
    }
  }

  /** Wakes those of which `due` says so; up to `head` nothing has concerned them. */
  rouse(head: number, due: (follower: Follower, head: number) => boolean = () => true): void {
    for (const follower of this.#all) if (due(follower, head)) this.#rouse(follower, head);
  }

  /** Wakes one, where it is asleep. */
  rouseOne(follower: Follower, head: number): void {
    if (this.#all.has(follower)) this.#rouse(follower, head);
  }

  #rouse(follower: Follower, upTo: number): void {
    this.#all.delete(follower);
    for (const [index, key] of this.#placesOf(follower)) {
      const followers = index.get(key);
      followers?.delete(follower);
      if (followers?.size === 0) index.delete(key);
    }
    follower.position = Math.max(follower.position, upTo);
    follower.rouse();
  }

  *#placesOf({ filter: { id, types } }: Follower): Generator<[Map<string, Set<Follower>>, string]> {
    if (id !== undefined) yield [this.#byId, id];
    else for (const type of types) yield [this.#byType, type];
  }
}
