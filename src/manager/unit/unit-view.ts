import type { Column, Scalar } from "../../spec/column.ts";
import { parseOrder } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type Change, type Guard, metaValue, type Revision, type Stored } from "../../storage/rows.ts";
import { idsIn } from "../references/kept-refs.ts";
import { referringIds } from "../references/referring-ids.ts";
import type { Core } from "../scope.ts";

/** Resources as the operations of a unit that were planned so far leave them; what none has touched is as it is stored. */
export class UnitView {
  readonly #core: Core;
  readonly #states = new Map<string, Map<string, Stored | undefined>>();
  readonly #revisions = new Map<string, Revision>();
  /** Ids of what the unit changes. */
  readonly #changed = new Set<string>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Reads what will be asked for in one call. */
  async load(type: string, ids: readonly string[]): Promise<void> {
    const found = await this.#core.storage.read(
      type,
      ids.map((id) => ({ id })),
    );
    const states = this.#statesOf(type);
    for (const [i, id] of ids.entries()) states.set(id, found[i]);
  }

  async loadUnknown(type: string, ids: readonly string[]): Promise<void> {
    const states = this.#statesOf(type);
    const unknown = ids.filter((id) => !states.has(id));
    if (unknown.length > 0) await this.load(type, unknown);
  }

  /** Deleted ones too; undefined for what is missing or purged. */
  async find(type: string, id: string): Promise<Stored | undefined> {
    const states = this.#statesOf(type);
    if (!states.has(id)) await this.load(type, [id]);
    return states.get(id);
  }

  /** That what was found here is still so when the unit commits; undefined for what it changes, which the change itself says. */
  guardOf(type: string, id: string): Guard | undefined {
    const version = this.#changed.has(id) ? undefined : this.#statesOf(type).get(id)?.meta.version;
    return version === undefined ? undefined : { kind: "version", type, id, version };
  }

  async revision(type: string, id: string, number: number): Promise<Revision | undefined> {
    const planned = this.#revisions.get(`${id}:${number}`);
    if (planned) return planned;
    const [found] = await this.#core.storage.read(type, [{ id, number }]);
    return found?.revision;
  }

  /** The live resource that has this value in a unique column. */
  async holder(spec: ResourceSpec, column: Column, value: Scalar): Promise<Stored | undefined> {
    const states = this.#statesOf(spec.name);
    for (const state of states.values()) if (state?.meta.state === "live" && metaValue(state.meta, column) === value) return state;
    const { rows } = await this.#core.storage.search(spec.name, {
      filter: { kind: "test", column, of: "value", operator: "eq", operand: value },
      order: parseOrder(spec, undefined),
      limit: 1,
      fromEnd: false,
      includeDeleted: false,
      total: false,
    });
    const [found] = rows;
    // One that was touched here no longer has the value, or it would have been found above.
    return found && !states.has(found.meta.id) ? found : undefined;
  }

  /**
   * Those that hold one of these ids in a ref: live ones, and deleted ones too where that is asked for. Where there are more than
   * `most`, some more than that.
   */
  async referrers(from: ResourceSpec, column: Column, ids: readonly string[], deleted: boolean, most: number): Promise<readonly Stored[]> {
    const found = await referringIds(this.#core, from, column, ids, deleted, most);
    await this.loadUnknown(from.name, found);
    const wanted = new Set(ids);
    return [...this.#statesOf(from.name).values()].filter(
      (stored): stored is Stored =>
        stored !== undefined &&
        (stored.meta.state === "live" || (deleted && stored.meta.state === "deleted")) &&
        idsIn(stored.meta.columns, column).some((id) => wanted.has(id)),
    );
  }

  apply({ type, meta, revision }: Change, after: Stored): void {
    this.#changed.add(meta.id);
    if (revision) this.#revisions.set(`${meta.id}:${revision.number}`, revision);
    this.#statesOf(type).set(meta.id, meta.state === "purged" ? undefined : after);
  }

  #statesOf(type: string): Map<string, Stored | undefined> {
    const states = this.#states.get(type) ?? new Map<string, Stored | undefined>();
    this.#states.set(type, states);
    return states;
  }
}
