import type { ChangeRow } from "../storage/rows.ts";
import type { FeedCursor } from "./feed-cursor.ts";
import type { EventKind, FeedEvent } from "./feed-event.ts";
import type { FeedFilter, Follower } from "./follower.ts";
import type { Moment } from "./moment.ts";

interface Told {
  readonly turn: number;
  readonly event: Promise<FeedEvent | undefined>;
}

/** What was told of each change a moment ago. */
export type ToldOfLate = Moment<ChangeRow, Map<Audience, Told>>;

interface AudienceParts {
  readonly filter: FeedFilter;
  readonly cursor: FeedCursor;
  /** What a change is to this audience; undefined where it is nothing. */
  readonly heardAs: (row: ChangeRow) => Promise<EventKind | undefined>;
  readonly toldOfLate: ToldOfLate;
}

let turns = 0;

/**
 * Subscribers that are the same actor and ask for the same. A change that reaches them at the same time is one event to all: one
 * question of whether they may hear it, one look at their filter, one object, from which their doors can tell that what they
 * make of it is the same, too.
 */
export class Audience {
  readonly filter: FeedFilter;
  readonly cursor: FeedCursor;
  readonly #heardAs: AudienceParts["heardAs"];
  readonly #toldOfLate: ToldOfLate;

  constructor({ filter, cursor, heardAs, toldOfLate }: AudienceParts) {
    this.filter = filter;
    this.cursor = cursor;
    this.#heardAs = heardAs;
    this.#toldOfLate = toldOfLate;
  }

  /**
   * What a follower is told of a change; undefined where it is nothing. Never what was made before the event that the follower
   * was told last: states that are read for its events do not go back in time.
   */
  event(row: ChangeRow, follower: Follower): Promise<FeedEvent | undefined> {
    const told = this.#toldOfLate.of(row, () => new Map());
    let known = told.get(this);
    if (!known || known.turn < follower.turn) {
      known = { turn: ++turns, event: this.#tell(row) };
      told.set(this, known);
    }
    follower.turn = known.turn;
    return known.event;
  }

  async #tell(row: ChangeRow): Promise<FeedEvent | undefined> {
    const kind = await this.#heardAs(row);
    if (!kind) return undefined;
    const { type, id, revision, previous, version, at, by } = row;
    return {
      cursor: this.cursor.at(row.position),
      kind,
      type,
      id,
      revision,
      previous,
      version,
      at: new Date(at).toISOString(),
      by,
    };
  }
}
