import { fail, SpecStarError } from "../../errors.ts";
import { emptied } from "../../spec/emptied.ts";
import type { Filter } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Guard, Stored } from "../../storage/rows.ts";
import { isProgram } from "../actor.ts";
import { authorize } from "../authorize.ts";
import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import { deleteResource } from "../operations/delete.ts";
import { purge } from "../operations/purge.ts";
import type { WriteOperation } from "../plugins/events.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import type { Planned } from "../unit/planned.ts";
import type { UnitView } from "../unit/unit-view.ts";
import type { PlannedChange } from "../write.ts";

interface Cascade {
  readonly also: readonly Planned[];
  readonly guards: readonly Guard[];
}

/**
 * What goes with a resource that is deleted or purged, through any number of levels: those whose refs say `cascade` go the same
 * way, those whose refs say `set_null` are patched, and nobody else may refer to any of it when it commits. Each is an operation
 * of its own, with its events, and with the rights of who deletes.
 * @throws FORBIDDEN, BAD_REQUEST over the limit, REFERENCE_VIOLATION where a ref cannot be emptied
 */
export async function planCascade(scope: Scope, view: UnitView, root: Planned): Promise<Cascade> {
  return new Removal(scope, view, root).plan();
}

class Removal {
  readonly #scope: Scope;
  readonly #view: UnitView;
  readonly #root: Planned;
  readonly #also: Planned[] = [];
  readonly #guards: Guard[] = [];
  /** Ids that are gone, by spec name. */
  readonly #removed = new Map<string, Set<string>>();
  readonly #rights = new Map<string, Promise<Filter | undefined>>();

  constructor(scope: Scope, view: UnitView, root: Planned) {
    this.#scope = scope;
    this.#view = view;
    this.#root = root;
  }

  async plan(): Promise<Cascade> {
    // Whoever is reached on several ways, or in a circle, is gone the second time.
    for (let level = [this.#root]; level.length > 0; ) level = await this.#removeReferrers(level);
    for (const [type, ids] of this.#removed) await this.#emptyReferrers(type, [...ids]);
    return { also: this.#also, guards: this.#guards };
  }

  /** Answers what has gone with these. */
  async #removeReferrers(level: readonly Planned[]): Promise<Planned[]> {
    const next: Planned[] = [];
    const byType = Map.groupBy(
      level.flatMap(({ change }) => change ?? []),
      ({ type }) => type,
    );
    for (const [type, changes] of byType) {
      const ids = changes.map(({ meta }) => meta.id);
      const removed = this.#removed.get(type) ?? new Set();
      this.#removed.set(type, removed);
      for (const id of ids) removed.add(id);
      for (const { from, column, rule } of this.#scope.core.keptRefs(type).incoming) {
        for (const id of ids) this.#guards.push({ kind: "noReferrers", type: from.name, column: column.name, id });
        if (rule !== "cascade") continue;
        // What is deleted and refers to what is purged could never be restored.
        for (const referrer of await this.#view.referrers(from, column, ids, this.#purging, this.#room)) {
          next.push(await this.#remove(from, referrer));
        }
      }
    }
    return next;
  }

  async #remove(spec: ResourceSpec, stored: Stored): Promise<Planned> {
    const scope = { ...this.#scope, spec };
    const { id } = stored.meta;
    const operation = this.#purging ? "purge" : "delete";
    await this.#allow(spec, operation, stored);
    const write = this.#purging ? purge(scope, id, {}) : deleteResource(scope, id, {});
    return this.#add(operation, stored, await write.plan(stored, (number) => this.#view.revision(spec.name, id, number)));
  }

  async #emptyReferrers(type: string, ids: readonly string[]): Promise<void> {
    const found = new Map<string, { readonly spec: ResourceSpec; readonly stored: Stored }>();
    for (const { from, column, rule } of this.#scope.core.keptRefs(type).incoming) {
      if (rule !== "set_null") continue;
      for (const stored of await this.#view.referrers(from, column, ids, false, this.#room))
        found.set(stored.meta.id, { spec: from, stored });
    }
    for (const { spec, stored } of found.values()) await this.#empty(spec, stored);
  }

  async #empty(spec: ResourceSpec, stored: Stored): Promise<void> {
    const scope = { ...this.#scope, spec };
    const { meta, revision } = stored;
    await this.#allow(spec, "patch", stored);
    const { data } = new RevisionView(spec, revision, meta.current);
    const without = emptied(spec.fields, data, ({ target, onDelete, pin }, id) =>
      Boolean(onDelete === "set_null" && !pin && this.#removed.get(target)?.has(id)),
    );
    const form = await checkedForm(scope, "patch", meta.id, without, stored).catch((thrown: unknown) => {
      throw unfit(spec, meta.id, thrown);
    });
    // A draft stays one.
    this.#add("patch", stored, revisionChange(scope, "updated", stored, form, meta.status));
  }

  #add(operation: WriteOperation, before: Stored, planned: PlannedChange | undefined): Planned {
    const after = planned ? { meta: planned.change.meta, revision: planned.current } : before;
    const part: Planned = { operation, before, change: planned?.change, after };
    if (part.change) this.#view.apply(part.change, after);
    this.#also.push(part);
    if (this.#room < 0) throw this.#tooMany();
    return part;
  }

  async #allow(spec: ResourceSpec, operation: WriteOperation, { meta }: Stored): Promise<void> {
    const { core, actor } = this.#scope;
    if (isProgram(actor)) return;
    const key = `${spec.name}.${operation}`;
    const right = this.#rights.get(key) ?? authorize(core.authorize, { actor, operation, spec });
    this.#rights.set(key, right);
    if (matches(await right, meta)) return;
    throw fail("FORBIDDEN", `${actor.id} may not ${operation} this ${spec.name}, which would have to go with ${this.#rootId}`, {
      resource: spec.name,
    });
  }

  /** How many more may go with it. */
  get #room(): number {
    return this.#scope.core.limits.cascade - this.#also.length;
  }

  get #purging(): boolean {
    return this.#root.operation === "purge";
  }

  get #rootId(): string {
    return this.#root.after.meta.id;
  }

  #tooMany(): SpecStarError {
    const { cascade } = this.#scope.core.limits;
    return fail(
      "BAD_REQUEST",
      `More than ${cascade} resources would go with ${this.#rootId} or be changed, which is the limit (limits.cascade). Delete some of those that refer to it first`,
      { resource: this.#scope.spec.name, id: this.#rootId },
    );
  }
}

function unfit(spec: ResourceSpec, id: string, thrown: unknown): unknown {
  if (!(thrown instanceof SpecStarError) || thrown.code !== "VALIDATION_FAILED") return thrown;
  return fail(
    "REFERENCE_VIOLATION",
    `${id} cannot be without the ref that would be emptied: ${thrown.message}`,
    { resource: spec.name, id },
    thrown,
  );
}
