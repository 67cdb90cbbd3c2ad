import { fail } from "../errors.ts";
import type { Actor } from "../manager/actor.ts";
import type { Core } from "../manager/scope.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { ChangeRow } from "../storage/rows.ts";
import { Audience, type ToldOfLate } from "./audience.ts";
import { Audiences } from "./audiences.ts";
import { type BookmarkOptions, Bookmarks } from "./bookmarks.ts";
import { ChangedStates } from "./changed-states.ts";
import { EventFilter, leavingKinds, parseEventWhere } from "./event-filter.ts";
import { FeedCursor } from "./feed-cursor.ts";
import type { EventKind, FeedEvent, FeedPage, PollArgs, SubscribeArgs } from "./feed-event.ts";
import { FeedReader } from "./feed-reader.ts";
import { FeedTail } from "./feed-tail.ts";
import { Follower } from "./follower.ts";
import { Hearing } from "./hearing.ts";
import { Moment } from "./moment.ts";

export interface FeedOptions extends BookmarkOptions {
  /** Server-sent events of REST carry a comment when nothing was sent for so many milliseconds. */
  readonly keepAliveMs: number;
}

const defaultOptions: FeedOptions = { bookmarkEvery: 1000, bookmarkMs: 30_000, keepAliveMs: 15_000 };
const defaultLimit = 100;
const longestWaitMs = 30_000;
/** Batches without a match that one poll looks through at most. */
const emptyBatches = 64;

/** Resumable reading of all changes. Subscribers pull: each holds a position and a filter, and no queue. */
export class Feed {
  readonly options: FeedOptions;
  readonly #core: Core;
  readonly #specs: ReadonlyMap<string, ResourceSpec>;
  readonly #bookmarks: Bookmarks;
  readonly #tail: FeedTail;
  readonly #audiences = new Audiences();
  readonly #toldOfLate: ToldOfLate = new Moment();
  /** What changes were about, for subscriptions with `where`. */
  readonly #states: ChangedStates;

  /** @param tail of another feed of the same storage */
  constructor(core: Core, specs: ReadonlyMap<string, ResourceSpec>, options: Partial<FeedOptions> = {}, tail?: FeedTail) {
    this.options = { ...defaultOptions, ...options };
    this.#core = core;
    this.#specs = specs;
    this.#bookmarks = new Bookmarks(this.options, () => core.context.now());
    this.#tail = tail ?? new FeedTail(core.storage, this.#bookmarks);
    this.#states = new ChangedStates(core.storage);
  }

  /** The same feed for those to whom other specs are known; it wakes and closes with this one. */
  withSpecs(specs: ReadonlyMap<string, ResourceSpec>): Feed {
    return new Feed(this.#core, specs, this.options, this.#tail);
  }

  /** To be called after commits of this process; those of others are found by polling. */
  wake(): void {
    this.#tail.wake();
  }

  close(): void {
    this.#tail.close();
  }

  /**
   * READY, then every change behind it, in order, without gap or repeat, and bookmarks, until the signal ends it.
   * @throws FORBIDDEN, BAD_REQUEST for a cursor of another subscription, GONE (`reason`: epoch or retention) for one that
   * reading cannot go on from; also later, where retention overtakes a reader that is slow.
   */
  subscribe(actor: Actor, args: SubscribeArgs): AsyncGenerator<FeedEvent, void> {
    const life = new Life();
    const events = this.#events(actor, args, life);
    const stop = events.return.bind(events);
    // A generator that waits for the next change cannot return by itself.
    events.return = (value) => {
      life.end();
      return stop(value);
    };
    return events;
  }

  async *#events(actor: Actor, args: SubscribeArgs, life: Life): AsyncGenerator<FeedEvent, void> {
    const reader = await this.#open(actor, args);
    life.onEnd = () => reader.rouse();
    if (args.signal?.aborted) life.end();
    args.signal?.addEventListener("abort", life.end);
    try {
      yield reader.ready();
      while (!life.ended && !reader.closed) {
        const event = (await reader.next()) ?? reader.bookmark();
        if (event && !life.ended) yield event;
        else if (!life.ended && reader.caughtUp) await reader.sleep();
      }
    } finally {
      args.signal?.removeEventListener("abort", life.end);
      reader.leave();
    }
  }

  /**
   * The changes behind a cursor, for clients that poll. Without a cursor: no change, and the cursor of now.
   * @throws as `subscribe`
   */
  async poll(actor: Actor, args: PollArgs): Promise<FeedPage> {
    const { pageSize } = this.#core.limits;
    const limit = checked("limit", args.limit ?? Math.min(defaultLimit, pageSize), 1, pageSize);
    const waitMs = checked("waitMs", args.waitMs ?? 0, 0, longestWaitMs);
    const reader = await this.#open(actor, args);
    let over = waitMs === 0 || args.signal?.aborted === true;
    const end = () => {
      over = true;
      reader.rouse();
    };
    const timer = setTimeout(end, waitMs);
    args.signal?.addEventListener("abort", end);
    const items: FeedEvent[] = [];
    try {
      for (let empty = 0; args.after !== undefined && items.length < limit && empty < emptyBatches && !reader.closed; ) {
        const event = await reader.next();
        if (event) items.push(event);
        else if (!reader.caughtUp) empty += 1;
        else if (over || items.length > 0) break;
        else await reader.sleep();
      }
      return { items, cursor: reader.cursor, hasMore: !reader.caughtUp };
    } finally {
      clearTimeout(timer);
      args.signal?.removeEventListener("abort", end);
      reader.leave();
    }
  }

  #eventFilter(hearing: Hearing, { types, where }: SubscribeArgs): EventFilter | undefined {
    if (where === undefined) return undefined;
    const [type, ...others] = types ?? [];
    if (type === undefined || others.length > 0)
      throw fail("BAD_REQUEST", "where is about the fields of one resource: name it, and no other, in types", { field: "where" });
    const spec = hearing.spec(type);
    const filter = parseEventWhere(spec, where, this.#core.limits);
    return filter && new EventFilter(filter, spec, this.#states);
  }

  async #open(actor: Actor, args: SubscribeArgs): Promise<FeedReader> {
    const { storage, context } = this.#core;
    const hearing = new Hearing(this.#core, this.#specs, actor, args.where !== undefined);
    const types = await hearing.types(args.types);
    const eventFilter = this.#eventFilter(hearing, args);
    const history = await this.#tail.join();
    try {
      const state = await storage.state();
      const cursor = new FeedCursor(this.#core.cursors, state.epoch, args);
      const position = args.after === undefined ? state.head : cursor.open(args.after, state);
      const { audience, leave } = this.#audiences.join(actor, [cursor.scope, ...types], () => {
        const listened = args.kinds && new Set([...args.kinds, ...(eventFilter ? leavingKinds : [])]);
        const filter = { types, id: args.id, kinds: listened };
        return new Audience({ filter, cursor, heardAs: heardAs(hearing, eventFilter, args.kinds), toldOfLate: this.#toldOfLate });
      });
      const follower = new Follower(audience.filter, position, context.now());
      const leaveAll = () => {
        leave();
        this.#tail.leave();
      };
      return new FeedReader({ tail: this.#tail, follower, history, audience, bookmarks: this.#bookmarks, leave: leaveAll });
    } catch (reason) {
      this.#tail.leave();
      throw reason;
    }
  }
}

/** Of a subscription: it ends in the midst of a wait. */
class Life {
  ended = false;
  onEnd: () => void = () => {};
  readonly end = (): void => {
    this.ended = true;
    this.onEnd();
  };
}

/** What a change is to who may hear it, asked for `eventFilter` and for `named` kinds; undefined where it is nothing. */
function heardAs(hearing: Hearing, eventFilter: EventFilter | undefined, named: SubscribeArgs["kinds"]) {
  const kinds = named && new Set<EventKind>([...named, "left"]);
  return async (row: ChangeRow): Promise<EventKind | undefined> => {
    if (!(await hearing.mayHear(row))) return undefined;
    const kind = eventFilter ? await eventFilter.kindOf(row) : row.kind;
    return kind && (kinds?.has(kind) ?? true) ? kind : undefined;
  };
}

function checked(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw fail("BAD_REQUEST", `${name} takes ${least} to ${most}`, { field: name });
}
