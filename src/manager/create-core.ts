import { fail } from "../errors.ts";
import { parseWhere } from "../spec/query.ts";
import { relationsOf } from "../spec/relations.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Context } from "../storage/context.ts";
import { refuseUnready } from "../storage/refuse-unready.ts";
import type { IStorage } from "../storage/storage.ts";
import type { BeforeChanges, FieldProgress } from "../storage/stored-schema.ts";
import { isProgram } from "./actor.ts";
import type { Authorize } from "./authorize.ts";
import { CursorSeal } from "./cursor-seal.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Dispatch } from "./plugins/dispatch.ts";
import { handling } from "./plugins/handling.ts";
import type { Plugin } from "./plugins/plugin.ts";
import { PluginLife } from "./plugins/plugin-life.ts";
import { pluginPlatform } from "./plugins/plugin-platform.ts";
import { keptRefsOf } from "./references/kept-refs.ts";
import type { Core } from "./scope.ts";
import { InFlight } from "./unit/in-flight.ts";
import { planAlong } from "./unit/plan-along.ts";
import { SerialQueue } from "./unit/serial-queue.ts";

export interface CoreOptions {
  readonly storage: IStorage;
  readonly specs: readonly ResourceSpec[];
  /** What the platform keeps for itself beside them: plugins hear nothing of it. */
  readonly internal?: readonly ResourceSpec[];
  readonly plugins: readonly Plugin[];
  readonly authorize: Authorize;
  readonly context: Context;
  readonly limits: Partial<Limits>;
  /** Called after commits of this process. */
  readonly onCommit: () => void;
  /** Hears what opening is about to change; a throw refuses it. */
  readonly beforeChanges?: BeforeChanges;
  /** Called when the storage is open. */
  readonly onOpen?: () => void;
  /** Called when the plugins have started too, and waited for. */
  readonly onStarted?: () => Promise<void>;
  /** Hears of `after` and `failure` handlers that threw. */
  readonly onHandlerError: (event: string, error: unknown) => void;
}

const contentionMs = 10_000;

export interface OpenCore {
  readonly core: Core;
  /** Opens the storage, if it is not open. */
  open(): Promise<void>;
  /** Rejects while the storage cannot answer. Gives the fields that are being indexed. */
  ready(): Promise<readonly FieldProgress[]>;
  /** From here on every operation is refused; those under way are finished. */
  close(): Promise<void>;
}

/** What all operations share. The storage is opened by the first of them, or by `open`. */
export function createCore(options: CoreOptions): OpenCore {
  const { storage, context, plugins, onHandlerError: onError } = options;
  const specs = [...options.specs, ...(options.internal ?? [])];
  let opened = false;
  let opening: Promise<void> | undefined;
  let seal: CursorSeal | undefined;
  let closed = false;

  const openNow = async () => {
    // It is open already where a plugin did not start the first time.
    if (!seal) {
      await storage.open(specs, options.onCommit, options.beforeChanges);
      seal = new CursorSeal((await storage.state()).secret);
      options.onOpen?.();
    }
    await life.start();
    await options.onStarted?.();
    opened = true;
  };
  const open = async () => {
    if (closed) throw fail("UNAVAILABLE", "The platform is closed");
    opening ??= openNow().catch((reason: unknown) => {
      opening = undefined; // What was out of reach may be back at the next call.
      throw reason;
    });
    await opening;
  };

  const platformOf = (plugin: string) => pluginPlatform(() => core, plugin);
  const life = new PluginLife(plugins, () => core.dispatch, platformOf, onError);
  const limits = { ...defaultLimits, ...options.limits };
  const core: Core = {
    storage,
    context,
    specs: new Map(specs.map((spec) => [spec.name, spec])),
    relations: relationsOf(specs),
    keptRefs: keptRefsOf(specs),
    planAlong,
    // Every operation asks this first, so none runs on a storage that is not open.
    authorize: async (request) => {
      // A plugin that starts is part of the opening, and does not wait for it.
      if (closed || (!opened && (!seal || handling()?.running !== "start"))) await open();
      if (isProgram(request.actor)) return true;
      const decision = await options.authorize(request);
      const progress = storage.schema.progress();
      // A rule that looks at a field which is not filled would let the wrong ones pass.
      if (progress.length > 0 && typeof decision === "object")
        refuseUnready(progress, request.spec.name, { filter: parseWhere(request.spec, decision.where, undefined, core.relations) });
      return decision;
    },
    dispatch: new Dispatch({ ...{ plugins, context, platformOf, specs: options.specs }, handlerMs: limits.handlerMs, onError }),
    get cursors() {
      if (!seal) throw fail("UNAVAILABLE", "The storage is not open yet");
      return seal;
    },
    queue: new SerialQueue(),
    inFlight: new InFlight(),
    limits,
    contentionMs,
  };
  return {
    core,
    open,
    ready: async () => {
      await open();
      await storage.state();
      return storage.schema.progress();
    },
    close: async () => {
      await life.stop();
      closed = true;
      await storage.close();
    },
  };
}
