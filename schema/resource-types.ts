import type { Resource } from "../src/manager/resource.ts";
import { type OutputField, outputFields } from "./builder.ts";
import { implementConnection, pageArgs, pageOf } from "./connection.ts";
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
    view: { past: false, data: (source: Resource) => Object(source.sharedData), at: () => "" },
  };

  names.claim(type, madeBy);
  const back = { ...referrerFields(derivation, spec), referrers: referrerGroups(derivation, spec.name) };
  const history: OutputField = {
    type: revisions,
    description: "The history, oldest first",
    args: pageArgs,
    resolve: async ({ id }: Resource, args, { loaders }) => {
      const page = await loaders.revisions(spec.name, id, pageOf(args));
      return { page, items: page.items.map((view) => new RevisionSource(view)), total: () => page.totalCount ?? 0 };
    },
  };
  const fields = { ...outputFieldsOf(place, spec.fields), ...back, revisions: history };
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
      diff: t.field({
        type: shared.diff,
        description: "What changed from one revision to another",
        args: {
          from: t.arg.int({ required: true, description: "Number of a revision" }),
          to: t.arg.int({ description: "The current revision unless told" }),
        },
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
    description: `A full snapshot of the data of ${spec.names.type}, which never changes once it is stable`,
    interfaces: [shared.node],
    fields: (t) => ({
      number: t.int({ description: "1, 2, 3… within its resource", resolve: ({ view }) => view.number }),
      status: t.field({ type: shared.status, resolve: ({ info }) => info.status }),
      hash: t.string({ description: "sha256: and hex, over the canonical JSON of the data", resolve: ({ view }) => view.hash }),
      parent: t.int({
        nullable: true,
        description: "Number of the revision that this one was made from",
        resolve: ({ info }) => info.parent,
      }),
      createdAt: t.field({ type: "DateTime", resolve: ({ info }) => info.createdAt }),
      createdBy: t.string({ description: "Id of the actor", resolve: ({ info }) => info.createdBy }),
      updatedAt: t.field({ type: "DateTime", description: "When it was last modified, as a draft", resolve: ({ info }) => info.updatedAt }),
      updatedBy: t.string({ description: "Id of the actor", resolve: ({ info }) => info.updatedBy }),
      schemaVersion: t.int({ description: "Of the schema that it was written with", resolve: ({ info }) => info.schemaVersion }),
      isCurrent: t.boolean({ description: "Whether its resource points at it", resolve: ({ view }) => view.isCurrent }),
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
