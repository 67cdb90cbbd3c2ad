import type { Dispatch } from "./dispatch.ts";
import type { PluginPlatform } from "./events.ts";
import type { Plugin } from "./plugin.ts";

/** Starts the plugins of a platform in the order of their list, and stops those that were started in the opposite one. */
export class PluginLife {
  readonly #plugins: readonly Plugin[];
  readonly #dispatch: () => Dispatch;
  readonly #platformOf: (plugin: string) => PluginPlatform;
  readonly #onError: (event: string, error: unknown) => void;
  readonly #started: Plugin[] = [];

  constructor(
    plugins: readonly Plugin[],
    dispatch: () => Dispatch,
    platformOf: (plugin: string) => PluginPlatform,
    onError: (event: string, error: unknown) => void,
  ) {
    this.#plugins = plugins;
    this.#dispatch = dispatch;
    this.#platformOf = platformOf;
    this.#onError = onError;
  }

  /** Ends at the first that throws; called again, it goes on there. */
  async start(): Promise<void> {
    for (const plugin of this.#plugins.slice(this.#started.length)) {
      const { name, start } = plugin;
      if (start) await this.#dispatch().run(name, "start", "start", start, this.#platformOf(name));
      this.#started.push(plugin);
    }
  }

  /** Whatever one of them does, the others are stopped too. */
  async stop(): Promise<void> {
    for (const { name, stop } of this.#started.splice(0).reverse()) {
      if (!stop) continue;
      try {
        await this.#dispatch().run(name, "stop", "stop", stop, undefined);
      } catch (error) {
        this.#onError(`${name} stop`, error);
      }
    }
  }
}
