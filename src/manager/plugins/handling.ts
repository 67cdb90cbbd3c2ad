import { AsyncLocalStorage } from "node:async_hooks";
import { type ErrorCode, type ErrorDetails, fail, SpecStarError } from "../../errors.ts";
import type { Phase, PluginPlatform } from "./events.ts";

/** What runs in a plugin's name: `start` and `stop` beside the handlers. */
export type Running = Phase | "start" | "stop";

/** How deep handlers may cause one another by writing. */
const deepest = 16;

/** One call of a plugin's code, known to whatever that does, however long it takes. */
export class Handling {
  readonly plugin: string;
  readonly running: Running;
  readonly platform: PluginPlatform;
  readonly depth: number;
  #controller: AbortController | undefined;

  constructor(plugin: string, running: Running, platform: PluginPlatform, depth: number) {
    this.plugin = plugin;
    this.running = running;
    this.platform = platform;
    this.depth = depth;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

const current = new AsyncLocalStorage<Handling>();

export const handling = (): Handling | undefined => current.getStore();

/** Who runs, whose code, and for how long it may. */
export interface Call {
  readonly plugin: string;
  readonly running: Running;
  /** What it is about, for messages: `article.create.before`. */
  readonly about: string;
  readonly platform: PluginPlatform;
  readonly timeoutMs: number;
}

/**
 * Runs a plugin's code. What it returns is nobody's business.
 * @throws what it throws, if that is a SpecStarError; else INTERNAL, or TIMEOUT, with the plugin's name
 */
export function runHandler<Event>(call: Call, handler: (event: Event) => unknown, event: Event): Promise<void> | undefined {
  const { plugin, running, platform } = call;
  const run = new Handling(plugin, running, platform, (current.getStore()?.depth ?? 0) + 1);
  try {
    const result = current.run(run, handler, event);
    return isThenable(result) ? settled(call, run, result) : undefined;
  } catch (thrown) {
    throw named(call, thrown);
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** A handler that hangs holds up its request for a while, and nothing else. */
async function settled(call: Call, run: Handling, result: PromiseLike<unknown>): Promise<void> {
  const { plugin, about, timeoutMs } = call;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(() => {
      const error = fail("TIMEOUT", `The plugin ${plugin} has not finished ${about} within ${timeoutMs} ms`, { plugin });
      reject(error);
      run.abort(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([result, late]);
  } catch (thrown) {
    throw named(call, thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** What a handler says itself is what it says; of what it did not mean to throw, the name alone is for others. */
function named({ plugin, about }: Call, thrown: unknown): SpecStarError {
  if (thrown instanceof SpecStarError) return thrown;
  return fail("INTERNAL", `The plugin ${plugin} failed in ${about}. The request id leads to its log line.`, { plugin }, thrown);
}

/**
 * Asked by every write. Handlers that may run again, for a write that may still be refused, write nothing themselves; those
 * that run after it come to an end.
 */
export function refuseWriteOfHandler(): void {
  const run = current.getStore();
  if (!run) return;
  const { plugin, running } = run;
  if (running === "before" || running === "plan")
    throw fail(
      "INTERNAL",
      `The plugin ${plugin} writes by its platform in a ${running} handler, which may run again and be refused: a plan handler can by event.resources, after and feed handlers by their platform`,
      { plugin },
    );
  refuseTooDeep();
}

/** @throws INTERNAL for handlers that cause themselves */
export function refuseTooDeep(): void {
  const run = current.getStore();
  if (run && run.depth > deepest)
    throw fail("INTERNAL", `The plugin ${run.plugin} writes in a handler that its own writes have caused, ${deepest} times over`, {
      plugin: run.plugin,
    });
}

/** Refuses what the handler that runs is about, in its plugin's name. */
export function refuse(code: ErrorCode, message: string, details: ErrorDetails = {}): never {
  const plugin = current.getStore()?.plugin;
  throw fail(code, message, plugin === undefined ? details : { ...details, plugin });
}
