import { fail, SpecStarError } from "../src/errors.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { aggregateType, groupByType } from "./aggregate-types.ts";
import { type Arguments, type InputField, inputListOf, listOf, type OutputField } from "./builder.ts";
import { type Connection, numberOf, textOf } from "./connection.ts";
import type { GraphQLContext } from "./context.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { RevisionSource } from "./revision-source.ts";
import { aggregateArgs, includeDeleted, searchArgs, searchFieldArgs } from "./search-args.ts";
import { selectedPaths, selects } from "./selected-fields.ts";
import { maker } from "./type-names.ts";
import { pastWhereType, whereType } from "./where-types.ts";

const id: InputField = { type: "ID", required: true };

/** As many ids as a page has rows. */
const maxNodes = 200;

/** `node` and `nodes`: resources and revisions by their ids, which say of which type they are. */
export function nodeQueries({ shared, resources }: Derivation): Record<string, OutputField> {
  const byPrefix = new Map([...resources.values()].map(({ spec }) => [spec.names.prefix, spec]));
  const load = async (of: string, { loaders }: GraphQLContext): Promise<Resource | RevisionSource | undefined> => {
    const [resourceId = "", number] = of.split(":");
    const spec = byPrefix.get(resourceId.slice(0, Math.max(0, resourceId.lastIndexOf("_"))));
    if (!spec) return undefined;
    if (number === undefined) return loaders.resource(spec.name, of);
    if (!/^[1-9]\d{0,15}$/.test(number) || of !== `${resourceId}:${number}`) return undefined;
    const view = await loaders.revision(spec.name, { id: resourceId, number: Number(number) });
    return view && new RevisionSource(view);
  };
  return {
    node: {
      type: shared.node,
      nullable: true,
      description: "A resource or a revision; null if it is missing or deleted",
      args: { id },
      resolve: (_source, args, context) => load(String(args.id), context),
    },
    nodes: {
      type: listOf(shared.node, true),
      description: "In the order of the ids, null for what is missing or deleted",
      args: { ids: { type: inputListOf("ID"), required: true, description: `At most ${maxNodes}` } },
      resolve: (_source, args, context) => {
        const ids: readonly string[] = Array.isArray(args.ids) ? args.ids : [];
        if (ids.length > maxNodes) throw fail("BAD_REQUEST", `nodes takes at most ${maxNodes} ids`, { field: "ids" });
        return ids.map((each) => load(each, context));
      },
    },
  };
}

/** `article`, `articles`, `articlesAsOf` where the past is kept, `articleRevision`, `articleCount`, `articleAggregate`. */
export function resourceQueries(derivation: Derivation, types: ResourceTypes): Record<string, OutputField> {
  const { names } = derivation;
  const { spec } = types;
  const { one, many } = spec.names;
  const where = whereType(derivation, spec);
  const queries: Record<string, OutputField> = {
    [one]: {
      type: types.resource,
      nullable: true,
      description: "By its id; null if it is missing or deleted",
      args: { id, includeDeleted },
      resolve: (_source, args, { manager }) =>
        nullIfAbsent(manager(spec.name).get(String(args.id), { includeDeleted: args.includeDeleted === true })),
    },
    [many]: searchQuery(derivation, types),
    ...(spec.history ? { [`${many}AsOf`]: pastQuery(derivation, types) } : {}),
    [`${one}Revision`]: {
      type: types.revision,
      nullable: true,
      description: "By number, or the one that was current at an instant; the current one unless told",
      args: { id, number: { type: "Int" }, asOf: { type: "DateTime", description: "Refs in its data lead to what they were then, too" } },
      resolve: (_source, args, { manager }) => nullIfAbsent(revisionOf(manager(spec.name), args)),
    },
    [`${one}Count`]: {
      type: "Int",
      description: "How many there are for which the filter is true",
      args: { where: { type: where, description: "Over indexed fields and meta" } },
      resolve: (_source, args, { manager }) => manager(spec.name).count(args.where ?? undefined),
    },
    [`${one}Aggregate`]: aggregateQuery(derivation, spec),
  };
  for (const name of Object.keys(queries)) names.claim(`Query.${name}`, maker(spec.name));
  return queries;
}

function searchQuery(derivation: Derivation, { spec, connection }: ResourceTypes): OutputField {
  return {
    type: connection,
    description: "A page of those for which the filter is true",
    args: searchFieldArgs(derivation, spec),
    resolve: async (_source, args, { manager }, info): Promise<Connection<Resource>> => {
      const articles = manager(spec.name);
      const search = searchArgs(args);
      const page = await articles.search({ ...search, total: selects(info, "totalCount") });
      const total = () => page.totalCount ?? articles.count(search.where, { includeDeleted: search.includeDeleted ?? false });
      return { page, items: page.items, total };
    },
  };
}

function pastQuery(derivation: Derivation, { spec, revisions }: ResourceTypes): OutputField {
  return {
    type: revisions,
    description: "Filtered, sorted and resolved as of an instant",
    args: { at: { type: "DateTime", required: true }, ...searchFieldArgs(derivation, spec, pastWhereType(derivation, spec)) },
    resolve: async (_source, args, { manager }, info): Promise<Connection<RevisionSource>> => {
      const articles = manager(spec.name);
      const asOf = String(args.at);
      const search = { ...searchArgs(args), asOf };
      const page = await articles.search({ ...search, total: selects(info, "totalCount") });
      const items = page.items.map(({ current }) => new RevisionSource(current, asOf));
      const total = async () =>
        page.totalCount ?? (await articles.search({ ...search, first: 0, last: undefined, total: true })).totalCount ?? 0;
      return { page, items, total };
    },
  };
}

function aggregateQuery(derivation: Derivation, spec: ResourceSpec): OutputField {
  return {
    type: listOf(aggregateType(derivation, spec)),
    description: "Counts and measures, by groups: the largest first, those of one size in the order of their values",
    args: {
      where: { type: whereType(derivation, spec) },
      groupBy: { type: inputListOf(groupByType(derivation, spec)), description: "One group for all unless told" },
      first: { type: "Int", description: "20 unless told, at most 200" },
      includeDeleted,
    },
    resolve: (_source, args, { manager }, info) => manager(spec.name).aggregate(aggregateArgs(args, selectedPaths(info))),
  };
}

async function revisionOf(manager: ResourceManager, args: Arguments): Promise<RevisionSource> {
  const of = String(args.id);
  const number = numberOf(args.number);
  const asOf = textOf(args.asOf);
  if (number !== undefined && asOf !== undefined) throw fail("BAD_REQUEST", "Give number or asOf, not both", { field: "asOf" });
  if (number !== undefined) return new RevisionSource(await manager.revision(of, { number }));
  if (asOf !== undefined) return new RevisionSource(await manager.revision(of, { asOf }), asOf);
  return new RevisionSource((await manager.get(of)).current);
}

/** Reads by id answer null for what is not there, or not any more. */
async function nullIfAbsent<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (thrown) {
    if (thrown instanceof SpecStarError && (thrown.code === "NOT_FOUND" || thrown.code === "GONE")) return null;
    throw thrown;
  }
}
