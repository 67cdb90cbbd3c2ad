import { fail } from "../errors.ts";
import { type Filter, parseWhere, type QueryLimits } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { matches } from "../storage/evaluate.ts";
import type { ChangeKind, ChangeRow } from "../storage/rows.ts";
import type { ChangedStates } from "./changed-states.ts";
import type { EventKind } from "./feed-event.ts";

/** Changes after which a resource may have stopped matching. */
export const leavingKinds = ["updated", "modified", "switched"] as const satisfies readonly ChangeKind[];
const leaving: ReadonlySet<ChangeKind> = new Set(leavingKinds);

/** Decides by the data of a change's revisions what it is to a subscription with `where`. */
export class EventFilter {
  readonly #filter: Filter;
  readonly #spec: ResourceSpec;
  readonly #states: ChangedStates;

  constructor(filter: Filter, spec: ResourceSpec, states: ChangedStates) {
    this.#filter = filter;
    this.#spec = spec;
    this.#states = states;
  }

  /**
   * Its kind where the resource matches after it (before it, where it was deleted), `left` where it matched only before it.
   * What a draft was before it was modified is not kept, nor what an import took the place of, so one that does not match is
   * said to have left; and of a purged resource nothing is kept, so every purge is told, and nothing else.
   */
  async kindOf(row: ChangeRow): Promise<EventKind | undefined> {
    const { kind } = row;
    if (kind === "purged") return kind;
    const { before, after } = await this.#states.of(this.#spec, row);
    if (!after) return undefined;
    if (matches(this.#filter, after)) return kind;
    if (kind !== "created" && row.previous === null) return "left";
    return leaving.has(kind) && before && matches(this.#filter, before) ? "left" : undefined;
  }
}

/** @throws BAD_REQUEST for what cannot be decided by a revision's data alone: meta, and relations. */
export function parseEventWhere(spec: ResourceSpec, where: unknown, limits: QueryLimits): Filter | undefined {
  const filter = parseWhere(spec, where, limits);
  if (filter) refuseMeta(filter);
  return filter;
}

function refuseMeta(filter: Filter): void {
  if (filter.kind === "and" || filter.kind === "or") for (const each of filter.of) refuseMeta(each);
  else if (filter.kind === "not") refuseMeta(filter.of);
  else if ("column" in filter && filter.column.key.startsWith("meta.")) {
    const { key } = filter.column;
    throw fail("BAD_REQUEST", `Filter ${key}: a subscription filters by id and by the fields that the spec indexes`, { field: key });
  }
}
