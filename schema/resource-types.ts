import type { Resource } from "../src/manager/resource.ts";
import { outputFields } from "./builder.ts";
import { implementConnection, pageOf } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { type OutputPlace, outputFieldsOf, pastView } from "./output-types.ts";
import { referrerFields } from "./referrer-fields.ts";
import { referrerGroups } from "./referrer-groups.ts";
import { RevisionSource } from "./revision-source.ts";
import { maker } from "./type-names.ts";

/** `Article`, `ArticleRevision`, `ArticleData` and their connections. */
export function resourceTypes(derivation: Derivation, types: ResourceTypes): void {
  const { names, shared } = derivation;
  const { spec } = types;
  const { type } = spec.names;
  const madeBy = maker(spec.name);
  const { revisions } = types;
  implementConnection(derivation, revisions, `${type}Revision`, types.revision, madeBy);
  const place: OutputPlace = {
    derivation,
    resource: spec.name,
    prefix: type,
    pastPrefix: `${type}Data`,
    view: { past: false, data: (source: Resource) => Object(source.data), at: () => "" },
  };

  names.claim(type, madeBy);
  const back = { ...referrerFields(derivation, spec), referrers: referrerGroups(derivation, spec.name) };
  const fields = { ...outputFieldsOf(place, spec.fields), ...back };
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
        resolve: async (resource, args, { loaders }) => {
          const page = await loaders.revisions(spec.name, resource.id, pageOf(args));
          return { page, items: page.items.map((view) => new RevisionSource(view)), total: () => page.totalCount ?? 0 };
        },
      }),
      diff: t.field({
        type: shared.diff,
        args: { from: t.arg.int({ required: true }), to: t.arg.int({ description: "The current revision unless told" }) },
        resolve: ({ id }, { from, to }, { loaders }) => loaders.diff(spec.name, { id, from, to: to ?? undefined }),
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
  implementConnection(derivation, types.connection, type, types.resource, madeBy);
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
