import { fail, type SpecStarError, toSpecStarError } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Context } from "../../storage/context.ts";
import { changeKinds } from "../../storage/rows.ts";
import {
  type AfterEvent,
  type BeforeEvent,
  type FailureEvent,
  type HandlerTools,
  type OperationName,
  type Phase,
  type PlanEvent,
  type PluginPlatform,
  phases,
  type Told,
  writeOperations,
} from "./events.ts";
import { handling, type Running, refuse, refuseTooDeep, runHandler } from "./handling.ts";
import type { Plugin } from "./plugin.ts";

/** Which event a handler takes is known by its key, which `expand` checks. */
type AnyHandler = (event: unknown) => unknown;

interface Registered {
  readonly plugin: string;
  readonly handler: AnyHandler;
}

/** What a `plan` handler writes. */
export interface PlanUnit {
  readonly resources: PlanEvent["resources"];
  end(): Promise<void>;
}

export interface DispatchOptions {
  readonly plugins: readonly Plugin[];
  readonly specs: readonly ResourceSpec[];
  readonly context: Context;
  /** How long a handler may take, in milliseconds. */
  readonly handlerMs: number;
  readonly platformOf: (plugin: string) => PluginPlatform;
  /** Hears of `after` and `failure` handlers that threw; these cannot fail their request any more. */
  readonly onError: (event: string, error: unknown) => void;
}

/** Finds and runs the handlers of an event, in the order of the plugin list. */
export class Dispatch {
  readonly #handlers = new Map<string, Registered[]>();
  readonly #options: DispatchOptions;
  readonly #tools: HandlerTools;
  readonly #platforms: ReadonlyMap<string, PluginPlatform>;

  /** @throws BAD_REQUEST for an event that does not exist. */
  constructor(options: DispatchOptions) {
    const { plugins, specs, context, platformOf } = options;
    this.#options = options;
    this.#tools = toolsOf(context);
    this.#platforms = new Map(plugins.map(({ name }) => [name, platformOf(name)]));
    for (const { name: plugin, on = {} } of plugins) {
      for (const [key, handler] of Object.entries(on)) {
        for (const event of expand(plugin, key, specs)) this.#add(event, { plugin, handler: handler as AnyHandler });
      }
    }
  }

  #add(event: string, registered: Registered): void {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), registered]);
  }

  has(type: string, operation: OperationName, phase: Phase): boolean {
    return this.#handlers.has(`${type}.${operation}.${phase}`);
  }

  /** The data as the handlers leave it. A handler that throws refuses the write. */
  async before(told: Told<BeforeEvent<unknown>>): Promise<unknown> {
    const event: BeforeEvent<unknown> = Object.assign(Object.create(this.#tools), told);
    const about = `${told.type}.${told.operation}.before`;
    for (const { plugin, handler } of this.#handlers.get(about) ?? []) await this.run(plugin, "before", about, handler, event);
    return event.data;
  }

  /** Each handler writes in a unit of its own plugin, which ends with it. */
  async plan(told: Told<Omit<PlanEvent, "resources">>, unitFor: (plugin: string) => PlanUnit): Promise<void> {
    refuseTooDeep();
    const about = `${told.type}.${told.operation}.plan`;
    for (const { plugin, handler } of this.#handlers.get(about) ?? []) {
      const { resources, end } = unitFor(plugin);
      await this.run(plugin, "plan", about, handler, this.#withTools({ ...told, resources }));
      await end();
    }
  }

  async after(told: Told<AfterEvent<unknown>>): Promise<void> {
    await this.#safely("after", told);
  }

  async failure(told: Told<FailureEvent>): Promise<void> {
    await this.#safely("failure", told);
  }

  /** The handlers of a plugin for one change, one after the other. */
  async feed<Event extends { readonly type: string; readonly kind: string }>(plugin: string, told: Event): Promise<void> {
    const about = `${told.type}.${told.kind}.feed`;
    for (const each of this.#handlers.get(about) ?? [])
      if (each.plugin === plugin) await this.run(plugin, "feed", about, each.handler, this.#withTools(told));
  }

  /** To those who look after the plugins. */
  report(event: string, error: unknown): void {
    this.#options.onError(event, error);
  }

  hears(plugin: string, type: string, kind: string): boolean {
    return this.#handlers.get(`${type}.${kind}.feed`)?.some((each) => each.plugin === plugin) ?? false;
  }

  /** Code of a plugin, in its name and time. */
  run<Event>(plugin: string, running: Running, about: string, handler: (event: Event) => unknown, event: Event) {
    const platform = this.#platforms.get(plugin) ?? this.#options.platformOf(plugin);
    return runHandler({ plugin, running, about, platform, timeoutMs: this.#options.handlerMs }, handler, event);
  }

  #withTools<Event extends object>(told: Event): Event & HandlerTools {
    return Object.assign(Object.create(this.#tools), told);
  }

  async #safely(phase: "after" | "failure", told: { readonly type: string; readonly operation: string }): Promise<void> {
    const about = `${told.type}.${told.operation}.${phase}`;
    const handlers = this.#handlers.get(about);
    if (!handlers) return;
    const event = this.#withTools(told);
    for (const { plugin, handler } of handlers) {
      try {
        await this.run(plugin, phase, about, handler, event);
      } catch (error) {
        this.#options.onError(about, error);
      }
    }
  }
}

/** Whose tools they are is known while a handler runs, and to it alone. */
function toolsOf(context: Context): HandlerTools {
  const running = () => {
    const run = handling();
    if (!run) throw fail("BAD_REQUEST", "platform and signal of an event are its handlers' while they run");
    return run;
  };
  return {
    context,
    refuse,
    get platform() {
      return running().platform;
    },
    get signal() {
      return running().signal;
    },
  };
}

/** The events that a key of a plugin stands for: `*` is every resource, or every operation or change. */
function expand(plugin: string, key: string, specs: readonly ResourceSpec[]): string[] {
  const [resource = "", operation = "", phase = "", ...rest] = key.split(".");
  const resources = specs.filter(({ name }) => resource === "*" || name === resource);
  const named = (name: string) => operation === "*" || name === operation;
  const operations = ({ actions }: { readonly actions: readonly { readonly name: string }[] }): readonly string[] =>
    (phase === "feed" ? changeKinds : [...writeOperations, ...(phase === "plan" ? [] : actions.map(({ name }) => name))]).filter(named);
  const events = resources.flatMap((spec) => operations(spec).map((name) => `${spec.name}.${name}.${phase}`));
  const noneYet = resource === "*" && specs.length === 0 && operations({ actions: [] }).length > 0;
  const known = rest.length === 0 && phases.some((name) => name === phase) && (events.length > 0 || noneYet);
  if (!known) {
    throw fail(
      "BAD_REQUEST",
      `Plugin ${plugin}: there is no event ${JSON.stringify(key)}. Events are {resource}.{operation}.before, plan, after or failure, and {resource}.{change}.feed: a resource of this platform or *; operations ${writeOperations.join(", ")}, the name of one of its actions or *; changes ${changeKinds.join(", ")} or *`,
    );
  }
  return events;
}

/** Runs an operation and tells the failure handlers when it fails. */
export async function withFailureEvent<T>(dispatch: Dispatch, event: Told<Omit<FailureEvent, "error">>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (dispatch.has(event.type, event.operation, "failure")) {
      const error: SpecStarError = toSpecStarError(thrown);
      await dispatch.failure({ ...event, error });
    }
    throw thrown;
  }
}
