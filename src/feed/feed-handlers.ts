import { type Authorize, isRead } from "../manager/authorize.ts";
import type { Dispatch } from "../manager/plugins/dispatch.ts";
import type { Plugin } from "../manager/plugins/plugin.ts";
import { pluginPlatform } from "../manager/plugins/plugin-platform.ts";
import type { Core } from "../manager/scope.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Feed } from "./feed.ts";
import { FeedConsumer, ParkedEvent } from "./feed-specs.ts";
import { PluginFeed } from "./plugin-feed.ts";

const hasFeedHandlers = ({ on = {} }: Plugin): boolean => Object.keys(on).some((key) => key.endsWith(".feed"));

/** What feed handlers need to have kept, where there are any, beside what the program lists itself. */
export const feedSpecs = (plugins: readonly Plugin[], listed: ReadonlyMap<string, ResourceSpec>): readonly ResourceSpec[] =>
  plugins.some(hasFeedHandlers) ? [FeedConsumer, ParkedEvent].filter((spec) => listed.get(spec.name) !== spec) : [];

/** Without them: places in the feed, and what was parked there, are of one store. */
export const withoutFeedSpecs = (specs: ReadonlyMap<string, ResourceSpec>): ReadonlyMap<string, ResourceSpec> =>
  new Map([...specs].filter(([, spec]) => spec !== FeedConsumer && spec !== ParkedEvent));

/** A place in the feed is moved by the handlers alone: who could delete it would stop them. */
export const keepingPlaces =
  (ask: Authorize): Authorize =>
  async (request) =>
    request.spec !== FeedConsumer || isRead(request.operation) ? ask(request) : false;

/** The feed handlers of all plugins. */
export class FeedHandlers {
  readonly #dispatch: Dispatch;
  readonly #each: ReadonlyMap<string, PluginFeed>;

  constructor(core: Core, plugins: readonly Plugin[], feed: Feed) {
    // They also hear of what is nobody's but the platform's.
    const whole = feed.withSpecs(core.specs);
    const { dispatch, specs } = core;
    this.#dispatch = dispatch;
    this.#each = new Map(
      plugins.filter(hasFeedHandlers).map((plugin) => {
        const platform = pluginPlatform(() => core, plugin.name);
        return [plugin.name, new PluginFeed({ plugin, platform, core, feed: whole, dispatch, specs })];
      }),
    );
  }

  /** A part of the platform's opening, as the start of a plugin is. */
  async start(): Promise<void> {
    for (const [plugin, each] of this.#each) await this.#dispatch.run(plugin, "start", "feed", () => each.start(), undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#each.values()].map((each) => each.close()));
  }
}
