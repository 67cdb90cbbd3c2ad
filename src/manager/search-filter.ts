import { type Filter, parseWhere } from "../spec/query.ts";
import type { Actor } from "./actor.ts";
import { authorize } from "./authorize.ts";
import type { Core, Scope } from "./scope.ts";

/** What a search finds: what it asks for, within what the actor may find, there and wherever its relations lead. */
export async function searchFilter({ core, spec, actor }: Scope, allowed: Filter | undefined, where: unknown): Promise<Filter | undefined> {
  const asked = parseWhere(spec, where, core.limits, core.relations);
  const types = new Set(filterTypes(asked));
  if (!asked || types.size === 0) return both(allowed, asked);
  return both(allowed, withinRights(asked, await rightsOf(core, actor, types)));
}

const both = (a: Filter | undefined, b: Filter | undefined): Filter | undefined => (a && b ? { kind: "and", of: [a, b] } : (a ?? b));

/** The specs that a filter asks about besides its own. */
export const filterTypes = (filter: Filter | undefined): readonly string[] => (filter ? [...typesIn(filter)] : []);

function* typesIn(filter: Filter): Generator<string> {
  if (filter.kind === "and" || filter.kind === "or") for (const each of filter.of) yield* typesIn(each);
  else if (filter.kind === "not") yield* typesIn(filter.of);
  else if (filter.kind === "one" || filter.kind === "some") {
    yield filter.related.type;
    yield* typesIn(filter.of);
  }
}

/** @throws FORBIDDEN where the actor may not search one of them at all */
async function rightsOf({ authorize: ask, specs }: Core, actor: Actor, types: Iterable<string>): Promise<ReadonlyMap<string, Filter>> {
  const rights = new Map<string, Filter>();
  for (const type of types) {
    const spec = specs.get(type);
    const allowed = spec && (await authorize(ask, { actor, operation: "search", spec }));
    if (allowed) rights.set(type, allowed);
  }
  return rights;
}

/** What the actor may not find is as if it were not there: so a filter tells nothing of it, under `not` either. */
function withinRights(filter: Filter, rights: ReadonlyMap<string, Filter>): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, of: filter.of.map((each) => withinRights(each, rights)) };
    case "not":
      return { kind: "not", of: withinRights(filter.of, rights) };
    case "one":
    case "some": {
      const within = rights.get(filter.related.type);
      return { ...filter, related: { ...filter.related, ...(within ? { within } : {}) }, of: withinRights(filter.of, rights) };
    }
    default:
      return filter;
  }
}
