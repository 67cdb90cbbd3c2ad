import type { ObjectRef } from "@pothos/core";
import type { Page } from "../src/manager/page.ts";
import type { Resource } from "../src/manager/resource.ts";
import { type Arguments, type Builder, type InputField, listOf, outputFields, type Types } from "./builder.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { type OutputPlace, outputFieldsOf, pastView } from "./output-types.ts";
import { RevisionSource } from "./revision-source.ts";
import { maker } from "./type-names.ts";

/** A page as a connection shows it. */
export interface Connection<T> {
  readonly page: Page<unknown>;
  /** The page's items, as the resolvers of their type take them. */
  readonly items: readonly T[];
  readonly total: () => number | Promise<number>;
}

interface Edge<T> {
  readonly of: Connection<T>;
  readonly index: number;
}

export const pageArgs: Readonly<Record<"first" | "after" | "last" | "before", InputField>> = {
  first: { type: "Int", description: "20 unless told, at most 200" },
  after: { type: "String" },
  last: { type: "Int" },
  before: { type: "String" },
};

/** What Relay's arguments say to a manager: null is the same as absent. */
export function pageOf({ first, after, last, before }: Arguments) {
  return { first: numberOf(first), after: textOf(after), last: numberOf(last), before: textOf(before) };
}

export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** `Article`, `ArticleRevision`, `ArticleData` and their connections. */
export function resourceTypes(derivation: Derivation, types: ResourceTypes): ObjectRef<Types, Connection<Resource>> {
  const { names, shared } = derivation;
  const { spec } = types;
  const { type } = spec.names;
  const madeBy = maker(spec.name);
  const revisions = connection<RevisionSource>(derivation, `${type}Revision`, types.revision, madeBy);
  const place: OutputPlace = {
    derivation,
    resource: spec.name,
    prefix: type,
    pastPrefix: `${type}Data`,
    view: { past: false, data: (source: Resource) => Object(source.data), at: () => "" },
  };

  names.claim(type, madeBy);
  const fields = outputFieldsOf(place, spec.fields);
  types.resource.implement({
    ...(spec.description === undefined ? {} : { description: spec.description }),
    interfaces: [shared.node, shared.resource],
    fields: (t) => ({
      ...outputFields(t, fields),
      revision: t.field({
        type: types.revision,
        description: "The current revision",
        resolve: (resource) => new RevisionSource(resource.current),
      }),
      revisions: t.field({
        type: revisions,
        description: "The history, oldest first",
        args: { first: t.arg.int(), after: t.arg.string(), last: t.arg.int(), before: t.arg.string() },
        resolve: async (resource, args, { manager }) => {
          const page = await manager(spec.name).revisions(resource.id, pageOf(args));
          return { page, items: page.items.map((view) => new RevisionSource(view)), total: () => page.totalCount ?? 0 };
        },
      }),
      diff: t.field({
        type: shared.diff,
        args: { from: t.arg.int({ required: true }), to: t.arg.int({ description: "The current revision unless told" }) },
        resolve: (resource, { from, to }, { manager }) => manager(spec.name).diff(resource.id, from, to ?? undefined),
      }),
    }),
  });

  names.claim(`${type}Data`, madeBy);
  const dataFields = outputFieldsOf({ ...place, view: pastView }, spec.fields);
  types.data.implement({
    description: `What a revision of ${type} holds. Refs are what they were at the instant asked for, else when the revision was made`,
    fields: (t) => outputFields(t, dataFields),
  });

  names.claim(`${type}Revision`, madeBy);
  revisionType(derivation, types);
  return connection<Resource>(derivation, type, types.resource, madeBy);
}

function revisionType({ shared }: Derivation, { spec, resource, revision, data }: ResourceTypes): void {
  revision.implement({
    interfaces: [shared.node],
    fields: (t) => ({
      number: t.int({ resolve: ({ view }) => view.number }),
      status: t.field({ type: shared.status, resolve: ({ info }) => info.status }),
      hash: t.string({ resolve: ({ view }) => view.hash }),
      parent: t.int({
        nullable: true,
        description: "Number of the revision that this one was made from",
        resolve: ({ info }) => info.parent,
      }),
      createdAt: t.field({ type: "DateTime", resolve: ({ info }) => info.createdAt }),
      createdBy: t.string({ resolve: ({ info }) => info.createdBy }),
      updatedAt: t.field({ type: "DateTime", resolve: ({ info }) => info.updatedAt }),
      updatedBy: t.string({ resolve: ({ info }) => info.updatedBy }),
      schemaVersion: t.int({ resolve: ({ info }) => info.schemaVersion }),
      isCurrent: t.boolean({ resolve: ({ view }) => view.isCurrent }),
      resource: t.field({
        type: resource,
        nullable: true,
        description: "Null while it is deleted",
        resolve: ({ view }, _args, { loaders }) => loaders.resource(spec.name, view.resourceId),
      }),
      data: t.field({ type: data, resolve: (source) => source.past }),
    }),
  });
}

/** A Relay connection. */
function connection<T>(
  { builder, names, shared }: Derivation,
  type: string,
  node: ObjectRef<Types, T>,
  madeBy: string,
): ObjectRef<Types, Connection<T>> {
  const edge = edgeType<T>(builder, names.claim(`${type}Edge`, madeBy), node);
  return builder.objectRef<Connection<T>>(names.claim(`${type}Connection`, madeBy)).implement({
    fields: (t) =>
      outputFields(t, {
        edges: { type: listOf(edge), resolve: (of: Connection<T>): Edge<T>[] => of.items.map((_, index) => ({ of, index })) },
        nodes: { type: listOf(node), resolve: ({ items }: Connection<T>) => items },
        pageInfo: { type: shared.pageInfo, resolve: ({ page }: Connection<T>) => page },
        totalCount: {
          type: "Int",
          description: "Of all pages; counted only when asked for",
          resolve: ({ total }: Connection<T>) => total(),
        },
      }),
  });
}

function edgeType<T>(builder: Builder, name: string, node: ObjectRef<Types, T>): ObjectRef<Types, Edge<T>> {
  return builder.objectRef<Edge<T>>(name).implement({
    fields: (t) =>
      outputFields(t, {
        node: { type: node, resolve: ({ of, index }: Edge<T>) => of.items[index] },
        cursor: { type: "String", resolve: ({ of, index }: Edge<T>) => of.page.cursor(index) },
      }),
  });
}
