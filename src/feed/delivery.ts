import pMap from "p-map";
import pRetry from "p-retry";
import { SpecStarError, toSpecStarError } from "../errors.ts";
import type { Dispatch } from "../manager/plugins/dispatch.ts";
import type { FeedHandlerEvent, PluginPlatform, Told } from "../manager/plugins/events.ts";
import type { Plugin } from "../manager/plugins/plugin.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { ChangeKind } from "../storage/rows.ts";
import type { FeedEvent } from "./feed-event.ts";
import { ParkedEvent } from "./feed-specs.ts";

/** A change as it is kept where it is parked. */
export interface Delivered {
  readonly kind: ChangeKind;
  readonly type: string;
  readonly resourceId: string;
  readonly version: number;
  readonly current: number;
  readonly previous: number | null;
  readonly at: string;
  readonly by: string;
}

export interface DeliveryParts {
  readonly plugin: Plugin;
  readonly dispatch: Dispatch;
  readonly platform: PluginPlatform;
  readonly specs: ReadonlyMap<string, ResourceSpec>;
}

const longestPauseMs = 60_000;

/** Brings changes to the feed handlers of a plugin: those of one resource in order, tried again, and parked at last. */
export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  hears(event: Pick<FeedEvent, "type" | "kind">): boolean {
    return event.type !== null && this.#parts.dispatch.hears(this.#parts.plugin.name, event.type, event.kind);
  }

  /** Resolves when each is done or parked. Rejects where `signal` ends it, or a change could not be parked. */
  async all(events: readonly Delivered[], signal: AbortSignal): Promise<void> {
    const { concurrency = 8 } = this.#parts.plugin.feed ?? {};
    const groups = Map.groupBy(events, ({ resourceId }) => resourceId).values();
    await pMap(
      groups,
      async (group) => {
        for (const event of group) await this.#one(event, signal);
      },
      { concurrency },
    );
  }

  async #one(event: Delivered, signal: AbortSignal): Promise<void> {
    const failed = await this.attempts(event, signal);
    if (failed === undefined) return;
    const { plugin, platform } = this.#parts;
    await platform.resource(ParkedEvent).create({ plugin: plugin.name, state: "parked", change: event, ...failed });
  }

  /** Tries until it is done; else how often it was tried, and what it failed with. Rejects where `signal` ends it. */
  async attempts(event: Delivered, signal: AbortSignal): Promise<{ readonly attempts: number; readonly error: string } | undefined> {
    const { plugin, dispatch } = this.#parts;
    const { attempts = 6, retryMs = 200 } = plugin.feed ?? {};
    const pauses = { minTimeout: retryMs, maxTimeout: longestPauseMs, randomize: true };
    try {
      await pRetry((attempt) => dispatch.feed(plugin.name, this.#told(event, attempt)), { retries: attempts - 1, ...pauses, signal });
      return undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      return { attempts, error: textOf(thrown) };
    }
  }

  #told(event: Delivered, attempt: number): Told<FeedHandlerEvent<unknown>> {
    const { kind, type, resourceId: id, version, current, previous, at, by } = event;
    const { specs, platform } = this.#parts;
    const spec = specs.get(type);
    const resources = spec && platform.resource(spec);
    return {
      ...{ kind, type, id, version, at, by, attempt },
      key: `${id}.${version}`,
      resource: async () => resources?.get(id, { includeDeleted: true }).catch(absent),
      revision: async () => resources?.revision(id, { number: current }).catch(absent),
      previous: async () => (previous === null ? undefined : resources?.revision(id, { number: previous }).catch(absent)),
    };
  }
}

/** What a feed event is about; bookmarks and the like are about nothing. */
export function deliveredOf({ kind, type, id, version, revision, previous, at, by }: FeedEvent): Delivered | undefined {
  if (kind === "ready" || kind === "left" || kind === "bookmark") return undefined;
  if (type === null || id === null || version === null || revision === null || at === null || by === null) return undefined;
  return { kind, type, resourceId: id, version, current: revision, previous, at, by };
}

function absent(thrown: unknown): undefined {
  if (thrown instanceof SpecStarError && thrown.code === "NOT_FOUND") return undefined;
  throw thrown;
}

/** For those who look after the plugin: what it threw itself, if it did not mean to. */
function textOf(thrown: unknown): string {
  const { code, message, cause } = toSpecStarError(thrown);
  return `${code}: ${cause instanceof Error ? cause.message : message}`.slice(0, 2000);
}
