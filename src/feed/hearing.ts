import { fail, SpecStarError } from "../errors.ts";
import type { Actor } from "../manager/actor.ts";
import { authorize } from "../manager/authorize.ts";
import type { Core } from "../manager/scope.ts";
import type { Filter } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { matches } from "../storage/evaluate.ts";
import type { ChangeRow } from "../storage/rows.ts";

/** What an actor may hear of. */
export class Hearing {
  readonly #core: Core;
  readonly #specs: ReadonlyMap<string, ResourceSpec>;
  readonly #actor: Actor;

  constructor(core: Core, specs: ReadonlyMap<string, ResourceSpec>, actor: Actor) {
    this.#core = core;
    this.#specs = specs;
    this.#actor = actor;
  }

  /**
   * The specs to listen to: those that were named, else all that the actor may hear of.
   * @throws FORBIDDEN for a named one, or where there is none at all; BAD_REQUEST for unknown names
   */
  async types(named: readonly string[] | undefined): Promise<ReadonlySet<string>> {
    if (named?.length === 0) throw fail("BAD_REQUEST", "types must name a resource, or be left out for all", { field: "types" });
    const types = new Set<string>();
    let refusal: unknown;
    for (const type of named ?? this.#specs.keys()) {
      try {
        await this.#ask(this.#spec(type));
        types.add(type);
      } catch (reason) {
        if (named || !isRefusal(reason)) throw reason;
        refusal = reason;
      }
    }
    if (types.size === 0 && refusal) throw refusal;
    return types;
  }

  /** Today's rules, asked per event: what was revoked is not delivered. */
  async mayHear({ type, id }: ChangeRow): Promise<boolean> {
    let filter: Filter | undefined;
    try {
      filter = await this.#ask(this.#spec(type));
    } catch (reason) {
      if (isRefusal(reason)) return false;
      throw reason;
    }
    if (!filter) return true;
    const [found] = await this.#core.storage.read(type, [{ id }]);
    return found !== undefined && matches(filter, found.meta);
  }

  #spec(type: string): ResourceSpec {
    const spec = this.#specs.get(type);
    if (!spec) throw fail("BAD_REQUEST", `${type.slice(0, 100)} is not among the resources of this platform`, { field: "types" });
    return spec;
  }

  #ask(spec: ResourceSpec): Promise<Filter | undefined> {
    return authorize(this.#core.authorize, { actor: this.#actor, operation: "subscribe", spec });
  }
}

const isRefusal = (reason: unknown): boolean => reason instanceof SpecStarError && reason.code === "FORBIDDEN";
