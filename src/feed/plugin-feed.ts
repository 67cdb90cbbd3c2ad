import { setTimeout } from "node:timers/promises";
import { fail, SpecStarError } from "../errors.ts";
import { pluginActor } from "../manager/actor.ts";
import type { Resource } from "../manager/resource.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { Core } from "../manager/scope.ts";
import type { DataOf } from "../spec/resource.ts";
import { Delivery, type DeliveryParts, deliveredOf } from "./delivery.ts";
import type { Feed } from "./feed.ts";
import { FeedCursor } from "./feed-cursor.ts";
import { FeedConsumer, ParkedEvent } from "./feed-specs.ts";
import { Lease, type LeaseParts, type Place } from "./lease.ts";

export interface PluginFeedParts extends DeliveryParts {
  readonly core: Core;
  readonly feed: Feed;
}

const pageSize = 100;
const waitMs = 30_000;
/** Changes that nobody hears are not worth a write each. */
const skippedAtMost = 1_000;
const pauseMs = { busy: 500, shortest: 100, longest: 10_000 };

/**
 * Brings the feed to the handlers of one plugin, in one process at a time: whoever has something to do leases the place,
 * handles a page, and moves the place behind it, in that order. A process that dies in between leaves the page to the next one.
 */
export class PluginFeed {
  readonly #parts: PluginFeedParts;
  readonly #delivery: Delivery;
  readonly #places: ResourceManager<typeof FeedConsumer>;
  readonly #parked: ResourceManager<typeof ParkedEvent>;
  readonly #self: ReturnType<typeof pluginActor>;
  readonly #lease: LeaseParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Read past by this process, from the place of that version on, without anything to do. */
  #ahead = { version: 0, cursor: "", skipped: 0 };
  #askParked = true;

  constructor(parts: PluginFeedParts) {
    const { plugin, platform, core } = parts;
    this.#parts = parts;
    this.#delivery = new Delivery(parts);
    this.#places = platform.resource(FeedConsumer);
    this.#parked = platform.resource(ParkedEvent);
    this.#self = pluginActor(plugin.name);
    const { context } = core;
    this.#lease = { places: this.#places, context, owner: context.uuid(), stopping: this.#stopping.signal };
  }

  /** From here on nothing is missed, even where the plugin is new to the storage. */
  async start(): Promise<void> {
    await this.#place();
    this.#running = this.#run();
  }

  /** What is being handled is finished as far as it has begun; the rest of the page is for the next who comes. */
  async close(): Promise<void> {
    this.#stopping.abort(fail("UNAVAILABLE", "The platform closes"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#round();
        failures = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        // Another process was faster: then it is at it.
        if (codeOf(thrown) !== "VERSION_MISMATCH") this.#parts.dispatch.report(`${this.#parts.plugin.name} feed`, thrown);
        await pause(Math.min(pauseMs.shortest * 2 ** failures++, pauseMs.longest), signal);
      }
    }
  }

  async #round(): Promise<void> {
    const { signal } = this.#stopping;
    const place = await this.#place();
    const known = this.#ahead.version === place.version;
    const after = known ? this.#ahead.cursor : place.data.cursor;
    const askParked = this.#askParked;
    const page = await this.#parts.feed
      .poll(this.#self, { after, limit: pageSize, waitMs: askParked ? 0 : waitMs, signal })
      .catch((thrown: unknown) => this.#overtaken(place, thrown));
    if (!page || signal.aborted) return;
    this.#askParked = page.items.some(({ type, kind }) => type === ParkedEvent.name && kind !== "created");
    const again = askParked || this.#askParked ? await this.#again() : [];
    const heard = page.items.filter((event) => this.#delivery.hears(event));
    const skipped = (known ? this.#ahead.skipped : 0) + page.items.length;
    if (heard.length === 0 && again.length === 0 && skipped < skippedAtMost) {
      this.#ahead = { version: place.version, cursor: page.cursor, skipped };
      return;
    }
    this.#askParked ||= again.length > 0;
    const lease = await Lease.of(place, this.#lease);
    if (!lease) return pause(pauseMs.busy, signal);
    await lease.during(async (ending) => {
      for (const parked of again) await this.#tryAgain(parked, ending);
      await this.#delivery.all(
        heard.flatMap((event) => deliveredOf(event) ?? []),
        ending,
      );
    });
    await lease.finish(page);
    this.#askParked = again.length === pageSize;
  }

  /** Made where the plugin is new to this storage. */
  async #place(): Promise<Place> {
    const { plugin, core } = this.#parts;
    const placeId = `${FeedConsumer.names.prefix}_${plugin.name}`;
    try {
      return await this.#places.get(placeId);
    } catch (thrown) {
      if (codeOf(thrown) !== "NOT_FOUND") throw thrown;
    }
    const { epoch, tail, head } = await core.storage.state();
    const cursor = new FeedCursor(core.cursors, epoch, {}).at(plugin.feed?.from === "beginning" ? tail : head);
    try {
      return await this.#places.create({ plugin: plugin.name, cursor, owner: null, leasedUntil: null }, { status: "draft" });
    } catch (thrown) {
      // Another process has made it.
      if (codeOf(thrown) !== "CONFLICT") throw thrown;
      return this.#places.get(placeId);
    }
  }

  /** Where the feed no longer has what comes next, that is said, and it goes on with what there is. */
  async #overtaken(place: Place, thrown: unknown): Promise<undefined> {
    // A cursor that is none of this store came with somebody else's data.
    if (!(thrown instanceof SpecStarError) || (thrown.code !== "GONE" && thrown.code !== "BAD_REQUEST")) throw thrown;
    const { plugin, core, dispatch } = this.#parts;
    const { epoch, tail, head } = await core.storage.state();
    const cursor = new FeedCursor(core.cursors, epoch, {}).at(thrown.details.reason === "retention" ? tail : head);
    await this.#places.modify(place.id, { merge: { cursor, owner: null, leasedUntil: null } }, { ifVersion: place.version });
    const lost = `${thrown.code}: the feed no longer has what came next (${thrown.details.reason ?? "cursor"})`;
    await this.#parked.create({ plugin: plugin.name, state: "parked", change: null, attempts: 0, error: lost });
    dispatch.report(`${plugin.name} feed`, thrown);
    return undefined;
  }

  async #again() {
    const where = { plugin: { eq: this.#parts.plugin.name }, state: { eq: "again" as const } };
    return (await this.#parked.search({ where, first: pageSize })).items;
  }

  async #tryAgain(parked: Resource<DataOf<typeof ParkedEvent>>, signal: AbortSignal): Promise<void> {
    const { change } = parked.data;
    const failed = change && (await this.#delivery.attempts(change, signal));
    if (failed)
      await this.#parked.patch(parked.id, {
        merge: { state: "parked", attempts: parked.data.attempts + failed.attempts, error: failed.error },
      });
    else await this.#parked.delete(parked.id);
  }
}

const codeOf = (thrown: unknown) => (thrown instanceof SpecStarError ? thrown.code : undefined);

/** Ends early with the signal. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal }).catch(() => {});
