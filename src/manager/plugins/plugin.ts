import type { z } from "zod";
import { fail } from "../../errors.ts";
import { aCount, aFunction, aList, aName, anAmount, anObject, checkOptions, type OptionCheck } from "../../spec/check-options.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { EventHandlers, PluginPlatform } from "./events.ts";

/** How a plugin's feed handlers are run. */
export interface FeedHandling {
  /** Where a plugin begins that is new to a storage: `now` unless told, or the `beginning` of what the feed still has. */
  readonly from?: "now" | "beginning";
  /** How many resources at a time (default 8). The changes of one come one after the other. */
  readonly concurrency?: number;
  /** How often a change is tried before it is parked (default 6). */
  readonly attempts?: number;
  /** Before the second attempt, in milliseconds (default 200); doubled each time, up to a minute. */
  readonly retryMs?: number;
}

/** A plain object with event handlers; taking it out of the list takes its behaviour away. */
export interface Plugin<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> {
  /** Small letters, digits and hyphens; each in a platform once. */
  readonly name: string;
  readonly on?: EventHandlers<Specs>;
  /** Its own: part of both APIs like those of the program. */
  readonly resources?: readonly ResourceSpec[];
  readonly feed?: FeedHandling;
  /** When the platform opens, in the order of the list. What it throws keeps the platform closed. */
  readonly start?: (platform: PluginPlatform) => void | Promise<void>;
  /** When the platform closes, in the opposite order. */
  readonly stop?: () => void | Promise<void>;
}

const pluginChecks: Record<keyof Plugin, OptionCheck> = {
  name: { ...aName, required: true },
  on: anObject,
  resources: aList,
  feed: anObject,
  start: aFunction,
  stop: aFunction,
};
const feedChecks: Record<keyof FeedHandling, OptionCheck> = {
  from: { takes: '"now" or "beginning"', allows: (value) => value === "now" || value === "beginning" },
  concurrency: aCount,
  attempts: aCount,
  retryMs: anAmount,
};

/** @throws BAD_REQUEST for a plugin that is none, and for two of one name */
export function checkPlugins(plugins: readonly Plugin[]): void {
  const names = new Set<string>();
  for (const plugin of plugins) {
    checkOptions("A plugin", plugin, pluginChecks);
    const { name, feed = {} } = plugin;
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
      throw fail(
        "BAD_REQUEST",
        `A plugin's name is 1 to 40 small letters, digits and hyphens, a letter first, not ${JSON.stringify(name)}`,
      );
    if (names.has(name)) throw fail("BAD_REQUEST", `Two plugins are named ${name}. Name is what their places in the feed are kept under`);
    names.add(name);
    checkOptions(`Plugin ${name}: feed`, feed, feedChecks);
  }
}

/** The program's specs and those of its plugins; one that both list is one. */
export const withPluginResources = (resources: readonly ResourceSpec[], plugins: readonly Plugin[]): readonly ResourceSpec[] => [
  ...new Set([...resources, ...plugins.flatMap((plugin) => plugin.resources ?? [])]),
];

export interface PluginDefinition<Options extends z.ZodType> {
  readonly name: string;
  /** What it is given, checked before anything is made of it. */
  readonly options: Options;
  /** The plugin of these options. */
  readonly setup: (options: z.output<Options>) => Omit<Plugin, "name"> & { readonly name?: string };
}

/**
 * A plugin that takes options: gives a function that checks them and makes it. `setup` may answer another name, where a program
 * may have several of the kind.
 * @throws BAD_REQUEST that names the plugin and the option
 */
export function definePlugin<Options extends z.ZodType>({ name, options, setup }: PluginDefinition<Options>) {
  return (given: z.input<Options>): Plugin => {
    const parsed = options.safeParse(given);
    if (parsed.success) return { name, ...setup(parsed.data) };
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    throw fail("BAD_REQUEST", `Plugin ${name}${field === "" ? "" : `: ${field}`}: ${issue?.message ?? "wrong options"}`, {
      ...(field === "" ? {} : { field }),
    });
  };
}
