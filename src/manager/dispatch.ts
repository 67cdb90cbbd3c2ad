import { fail, type SpecStarError, toSpecStarError } from "../errors.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import {
  type AfterEvent,
  type BeforeEvent,
  type FailureEvent,
  type OperationName,
  type Phase,
  type Plugin,
  phases,
  writeOperations,
} from "./events.ts";

/** Which event a handler takes is known by its key, which `expand` checks. */
type AnyHandler = (event: never) => void | Promise<void>;

/** Finds and runs the handlers of an event, in the order of the plugin list. */
export class Dispatch {
  readonly #handlers = new Map<string, AnyHandler[]>();
  readonly #onError: (plugin: string, error: unknown) => void;

  /**
   * @param onError hears of `after` and `failure` handlers that threw; these cannot fail their request any more.
   * @throws BAD_REQUEST for an event that does not exist.
   */
  constructor(plugins: readonly Plugin[], specs: readonly ResourceSpec[], onError: (plugin: string, error: unknown) => void) {
    this.#onError = onError;
    for (const plugin of plugins) {
      for (const [key, handler] of Object.entries(plugin.on)) {
        for (const event of expand(plugin.name, key, specs)) this.#add(event, handler as AnyHandler);
      }
    }
  }

  #add(event: string, handler: AnyHandler): void {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  has(type: string, operation: OperationName, phase: Phase): boolean {
    return this.#handlers.has(`${type}.${operation}.${phase}`);
  }

  /** A handler that throws refuses the write. */
  async before(event: BeforeEvent<unknown>): Promise<void> {
    for (const handler of this.#of(event, "before")) await handler(event as never);
  }

  async after(event: AfterEvent<unknown>): Promise<void> {
    for (const handler of this.#of(event, "after")) await this.#safely(handler, event);
  }

  async failure(event: FailureEvent): Promise<void> {
    for (const handler of this.#of(event, "failure")) await this.#safely(handler, event);
  }

  #of(event: { readonly type: string; readonly operation: OperationName }, phase: Phase): readonly AnyHandler[] {
    return this.#handlers.get(`${event.type}.${event.operation}.${phase}`) ?? [];
  }

  async #safely(handler: AnyHandler, event: AfterEvent<unknown> | FailureEvent): Promise<void> {
    try {
      await handler(event as never);
    } catch (error) {
      this.#onError(`${event.type}.${event.operation}`, error);
    }
  }
}

/** The events that a key of a plugin stands for: `*` is every resource, or every operation. */
function expand(plugin: string, key: string, specs: readonly ResourceSpec[]): string[] {
  const [resource = "", operation = "", phase = "", ...rest] = key.split(".");
  const resources = specs.filter(({ name }) => resource === "*" || name === resource);
  const named = (name: string) => operation === "*" || name === operation;
  const operations = ({ actions }: { readonly actions: readonly { readonly name: string }[] }) =>
    [...writeOperations, ...actions.map(({ name }) => name)].filter(named);
  const events = resources.flatMap((spec) => operations(spec).map((name) => `${spec.name}.${name}.${phase}`));
  const noneYet = resource === "*" && specs.length === 0 && operations({ actions: [] }).length > 0;
  const known = rest.length === 0 && phases.some((name) => name === phase) && (events.length > 0 || noneYet);
  if (!known) {
    throw fail(
      "BAD_REQUEST",
      `Plugin ${plugin}: there is no event ${JSON.stringify(key)}. Events are {resource}.{operation}.{phase}: a resource of this platform or *; ${writeOperations.join(", ")}, the name of one of its actions or *; ${phases.join(", ")}`,
    );
  }
  return events;
}

/** Runs an operation and tells the failure handlers when it fails. */
export async function withFailureEvent<T>(dispatch: Dispatch, event: Omit<FailureEvent, "error">, run: () => Promise<T>): Promise<T> {
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
