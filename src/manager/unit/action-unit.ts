import { fail, type SpecStarError } from "../../errors.ts";
import type { ActionResource, UnitResources, WrittenState } from "../../spec/action-call.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Guard, Stored } from "../../storage/rows.ts";
import { isProgram } from "../actor.ts";
import { authorize } from "../authorize.ts";
import { search } from "../operations/search.ts";
import { Resource, Written } from "../resource.ts";
import type { BuiltInOperation } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import { gone, notFound } from "../write.ts";
import { planOperation } from "./plan-operation.ts";
import type { Planned } from "./planned.ts";
import { type Rights, rightsOf } from "./unit.ts";
import type { UnitView } from "./unit-view.ts";

/** Collects what the handler of an action, or of a plugin's `plan` event, writes, operation by operation, on the view of the unit that it is part of. */
export class ActionUnit {
  readonly planned: Planned[] = [];
  readonly #scope: Scope;
  /** For what is not the resource of the action: whoever asks is told the action. */
  readonly #others: Scope["core"];
  readonly #name: string;
  readonly #view: UnitView;
  readonly #seen = new Map<string, readonly [type: string, id: string]>();
  #upserts = false;
  #waiting = 0;
  #ended = false;
  #refused: unknown;
  #last: Promise<unknown> = Promise.resolve();

  constructor(scope: Scope, name: string, view: UnitView) {
    const { core, spec } = scope;
    this.#scope = scope;
    this.#name = `${spec.name}.${name}`;
    this.#others = { ...core, authorize: (request) => core.authorize({ ...request, action: this.#name }) };
    this.#view = view;
  }

  /** Some of it depends on whether a value is taken. */
  get upserts(): boolean {
    return this.#upserts;
  }

  /** No write is collected from here on. @throws what the first write said that was refused; INTERNAL where the handler waits for none */
  async end(): Promise<void> {
    this.#ended = true;
    const waited = this.#waiting === 0;
    await this.#last;
    if (this.#refused !== undefined) throw this.#refused;
    if (!waited) throw this.#late();
  }

  #late(): SpecStarError {
    return fail(
      "INTERNAL",
      `The handler of ${this.#name} ended before what it asked for, and nothing was written. Await each of its calls`,
    );
  }

  /** That what was read and not written is still so when the unit commits. */
  get guards(): readonly Guard[] {
    return [...this.#seen.values()].flatMap(([type, id]) => this.#view.guardOf(type, id) ?? []);
  }

  /** The resource of the action. Each write is compared with the state that the one before it left. */
  resource(found: Stored): ActionResource {
    const { spec } = this.#scope;
    const { id, version, data, meta } = new Resource<Record<string, unknown>>(spec, found);
    this.#seen.set(id, [spec.name, id]);
    const write = (operation: (ifVersion: number) => BuiltInOperation) =>
      this.#inTurn(async () => {
        const current = await this.#view.find(spec.name, id);
        return this.#write(this.#scope, operation(current?.meta.version ?? version), () => undefined);
      });
    return {
      id,
      version,
      data,
      meta,
      update: (next, options) => write((ifVersion) => ({ op: "update", id, data: next, ...options, ifVersion })),
      patch: (change, options) => write((ifVersion) => ({ op: "patch", id, ...change, ...options, ifVersion })),
      modify: (change, options) => write((ifVersion) => ({ op: "modify", id, ...change, ...options, ifVersion })),
      switch: (revision) => write((ifVersion) => ({ op: "switch", id, revision, ifVersion })),
      delete: () => write((ifVersion) => ({ op: "delete", id, ifVersion })),
    };
  }

  resources(of: ResourceSpec | string): UnitResources {
    const name = typeof of === "string" ? of : of.name;
    const spec = this.#others.specs.get(name);
    if (!spec)
      throw fail("INTERNAL", `The action ${this.#name} asks for ${String(name)}, which is not among the resources of this platform`);
    const scope: Scope = { ...this.#scope, core: this.#others, spec };
    const write = (operation: BuiltInOperation) =>
      this.#inTurn(async () => {
        const operations = operation.op === "upsert" ? (["create", "update"] as const) : ([operation.op] as const);
        if (operation.op === "upsert") this.#upserts = true;
        // A plugin's own right is no question.
        return this.#write(scope, operation, isProgram(scope.actor) ? () => undefined : await rightsOf({ scope, operations }));
      });
    return {
      get: (id) => this.#inTurn(() => this.#read(scope, id)),
      search: (args = {}) => this.#inTurn(() => search<Record<string, unknown>>(scope, "args" in args ? args.args : args)),
      create: (data, options) => write({ op: "create", data, ...options }),
      upsert: (by, data) => write({ op: "upsert", by, data }),
      update: (id, data, options) => write({ op: "update", id, data, ...options }),
      patch: (id, change, options) => write({ op: "patch", id, ...change, ...options }),
      switch: (id, revision, options) => write({ op: "switch", id, revision, ...options }),
      delete: (id, options) => write({ op: "delete", id, ...options }),
      restore: (id, options) => write({ op: "restore", id, ...options }),
    };
  }

  async #read(scope: Scope, id: string): Promise<Resource<Record<string, unknown>>> {
    const { core, spec, actor } = scope;
    const filter = await authorize(core.authorize, { actor, operation: "get", spec });
    const found = await this.#view.find(spec.name, id);
    if (!found || !matches(filter, found.meta)) throw notFound(spec, id);
    if (found.meta.state === "deleted") throw gone(spec, id);
    this.#seen.set(id, [spec.name, id]);
    return new Resource(spec, found);
  }

  async #write(scope: Scope, operation: BuiltInOperation, rights: Rights): Promise<WrittenState<Record<string, unknown>>> {
    try {
      const planned = await planOperation(scope, operation, this.#view, rights);
      if (planned.change) this.#view.apply(planned.change, planned.after);
      this.planned.push(await scope.core.planAlong(scope, this.#view, planned));
      return new Written(scope.spec, planned.after, planned.change !== undefined);
    } catch (thrown) {
      this.#refused ??= thrown;
      throw thrown;
    }
  }

  /** One after the other, also where the handler asks for several at once. */
  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#ended) throw this.#late();
    this.#waiting++;
    const turn = this.#last.then(run).finally(() => {
      this.#waiting--;
    });
    // Whoever does not wait for it is told so in the end; until then it must not end the process.
    this.#last = turn.catch(() => {});
    return turn;
  }
}
