import { fail } from "../errors.ts";
import type { Actor } from "../manager/actor.ts";
import { authorize } from "../manager/authorize.ts";
import type { Core } from "../manager/scope.ts";
import type { Filter } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { matches } from "../storage/evaluate.ts";
import type { ChangeRow } from "../storage/rows.ts";
import type { FeedEvent, SubscribeArgs } from "./feed-event.ts";
import { FeedTail } from "./feed-tail.ts";

/** Resumable reading of all changes. Subscribers pull: each holds a position and a filter, and no queue. */
export class Feed {
  readonly #core: Core;
  readonly #specs: ReadonlyMap<string, ResourceSpec>;
  readonly #tail: FeedTail;

  constructor(core: Core, specs: ReadonlyMap<string, ResourceSpec>) {
    this.#core = core;
    this.#specs = specs;
    this.#tail = new FeedTail(core.storage);
  }

  /** To be called after commits of this process; those of others are found by polling. */
  wake(): void {
    this.#tail.wake();
  }

  close(): void {
    this.#tail.close();
  }

  /**
   * READY, then every change behind it, in order, without gap or repeat, until the signal ends it.
   * @throws FORBIDDEN, BAD_REQUEST for a cursor of another subscription, GONE for one of another epoch.
   */
  subscribe(actor: Actor, args: SubscribeArgs): AsyncGenerator<FeedEvent, void> {
    const ended = new AbortController();
    const signal = args.signal ? AbortSignal.any([args.signal, ended.signal]) : ended.signal;
    const events = this.#events(actor, { ...args, signal });
    const stop = events.return.bind(events);
    // A generator that waits for the next change cannot return by itself: the signal wakes it.
    events.return = (value) => {
      ended.abort();
      return stop(value);
    };
    return events;
  }

  async *#events(actor: Actor, args: SubscribeArgs): AsyncGenerator<FeedEvent, void> {
    const { storage } = this.#core;
    for (const type of args.types) await this.#ask(actor, this.#spec(type));
    const { epoch, head } = await storage.state();
    const seal = (position: number) => this.#core.cursors.seal(["feed", epoch, filterOf(args), position]);
    let position = args.after === undefined ? head : this.#open(args.after, epoch, filterOf(args));
    yield {
      cursor: seal(position),
      kind: "ready",
      type: null,
      id: null,
      revision: null,
      previous: null,
      version: null,
      at: null,
      by: null,
    };

    for await (const { rows, upTo } of this.#tail.follow(position, args)) {
      for (const row of rows) {
        if (args.signal?.aborted) return;
        if ((!args.kinds || args.kinds.includes(row.kind)) && (await this.#mayHear(actor, row.type, row.id)))
          yield eventOf(row, seal(row.position));
        position = row.position;
      }
      position = upTo;
    }
  }

  #open(cursor: string, epoch: string, filter: string): number {
    const content = this.#core.cursors.open(cursor);
    if (!Array.isArray(content) || content[0] !== "feed")
      throw fail("BAD_REQUEST", "The cursor is not one of a subscription", { field: "after" });
    if (content[1] !== epoch)
      throw fail("GONE", "The cursor is from before the store was replaced. Read everything again, and subscribe without a cursor", {
        reason: "epoch",
      });
    if (content[2] !== filter) throw fail("BAD_REQUEST", "The cursor belongs to a subscription with other arguments", { field: "after" });
    return Number(content[3]);
  }

  #spec(type: string): ResourceSpec {
    const spec = this.#specs.get(type);
    if (!spec) throw fail("BAD_REQUEST", `${type} is not among the resources of this platform`, { resource: type });
    return spec;
  }

  #ask(actor: Actor, spec: ResourceSpec): Promise<Filter | undefined> {
    return authorize(this.#core.authorize, { actor, operation: "subscribe", spec });
  }

  /** Today's rules, asked per event: what was revoked is not delivered. */
  async #mayHear(actor: Actor, type: string, id: string): Promise<boolean> {
    const spec = this.#spec(type);
    const filter = await this.#ask(actor, spec).catch(() => null);
    if (!filter) return filter === undefined;
    const [found] = await this.#core.storage.read(type, [{ id }]);
    return found !== undefined && matches(filter, found.meta);
  }
}

const filterOf = ({ types, id, kinds }: SubscribeArgs): string =>
  JSON.stringify([[...types].sort(), id ?? null, kinds ? [...kinds].sort() : null]);

function eventOf({ kind, type, id, revision, previous, version, at, by }: ChangeRow, cursor: string): FeedEvent {
  return { cursor, kind, type, id, revision, previous, version, at: new Date(at).toISOString(), by };
}
