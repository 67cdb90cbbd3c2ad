import { fail, SpecStarError } from "../errors.ts";
import type { Actor } from "../manager/actor.ts";
import { authorize } from "../manager/authorize.ts";
import type { Operation } from "../manager/plugins/events.ts";
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
  readonly #operations: readonly Operation[];

  /** @param byData a filter tells something of the data, so its actor must be one who may read revisions */
  constructor(core: Core, specs: ReadonlyMap<string, ResourceSpec>, actor: Actor, byData: boolean) {
    this.#core = core;
    this.#specs = specs;
    this.#actor = actor;
    this.#operations = byData ? ["subscribe", "revision"] : ["subscribe"];
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
        await this.#ask(this.spec(type));
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
    let filters: readonly Filter[];
    try {
      filters = await this.#ask(this.spec(type));
    } catch (reason) {
      if (isRefusal(reason)) return false;
      throw reason;
    }
    if (filters.length === 0) return true;
    const [found] = await this.#core.storage.read(type, [{ id }]);
    return found !== undefined && filters.every((filter) => matches(filter, found.meta));
  }

  /** @throws BAD_REQUEST for unknown names */
  spec(type: string): ResourceSpec {
    const spec = this.#specs.get(type);
    if (!spec) throw fail("BAD_REQUEST", `${type.slice(0, 100)} is not among the resources of this platform`, { field: "types" });
    return spec;
  }

  async #ask(spec: ResourceSpec): Promise<readonly Filter[]> {
    const filters: Filter[] = [];
    for (const operation of this.#operations) {
      const filter = await authorize(this.#core.authorize, { actor: this.#actor, operation, spec });
      if (filter) filters.push(filter);
    }
    return filters;
  }
}

const isRefusal = (reason: unknown): boolean => reason instanceof SpecStarError && reason.code === "FORBIDDEN";
