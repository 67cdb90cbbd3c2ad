import type { ObjectRef } from "@pothos/core";
import type { FeedEvent } from "../src/feed/feed-event.ts";
import type { RevisionDiff } from "../src/manager/operations/diff.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { Types } from "./builder.ts";
import type { GraphQLContext } from "./context.ts";
import type { Derivation, EnumType, ResourceTypes } from "./derivation.ts";
import { RevisionSource } from "./revision-source.ts";
import { maker } from "./type-names.ts";

const sharedFields = ["cursor", "kind", "resourceId", "version", "revision", "previous", "diff", "at", "by"];
const platform = "the platform";

/** `ArticleEvent`: what happened to one article. */
export function resourceEventType(
  { builder, names, shared }: Derivation,
  { spec, resource, revision }: ResourceTypes,
): ObjectRef<Types, FeedEvent> {
  const name = names.claim(`${spec.names.type}Event`, maker(spec.name));
  for (const field of sharedFields) names.claim(`${name}.${field}`, platform);
  names.claim(`${name}.${spec.names.one}`, maker(spec.name));
  return builder.objectRef<FeedEvent>(name).implement({
    description: `What happened to one ${spec.names.type}`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", { description: "Where a later subscription goes on, as `after`" }),
      kind: t.expose("kind", { type: shared.eventKind }),
      resourceId: t.exposeID("id", { nullable: true, description: ofChange }),
      version: t.exposeInt("version", { nullable: true, description: `The resource's, after the change. ${ofChange}` }),
      [spec.names.one]: t.field({ type: resource, nullable: true, description: stateNow, resolve: resourceOf }),
      revision: t.field({ type: revision, nullable: true, description: after, resolve: revisionOf }),
      previous: t.field({ type: revision, nullable: true, description: before, resolve: previousOf }),
      diff: t.field({ type: shared.diff, nullable: true, description: between, resolve: diffOf }),
      at: t.expose("at", { type: "DateTime", nullable: true, description: `When it was committed. ${ofChange}` }),
      by: t.exposeString("by", { nullable: true, description: `Id of the actor. ${ofChange}` }),
    }),
  });
}

/** `ResourceEvent`: what happened to any resource. */
export function anyEventType({ builder, names, shared }: Derivation, resourceType: EnumType): ObjectRef<Types, FeedEvent> {
  return builder.objectRef<FeedEvent>(names.claim("ResourceEvent", platform)).implement({
    description: "What happened to one resource of any type",
    fields: (t) => ({
      cursor: t.exposeString("cursor", { description: "Where a later subscription goes on, as `after`" }),
      kind: t.expose("kind", { type: shared.eventKind }),
      type: t.expose("type", { type: resourceType, nullable: true, description: ofChange }),
      resourceId: t.exposeID("id", { nullable: true, description: ofChange }),
      version: t.exposeInt("version", { nullable: true, description: `The resource's, after the change. ${ofChange}` }),
      resource: t.field({ type: shared.resource, nullable: true, description: stateNow, resolve: resourceOf }),
      revision: t.field({ type: shared.node, nullable: true, description: `A revision. ${after}`, resolve: revisionOf }),
      previous: t.field({ type: shared.node, nullable: true, description: `A revision. ${before}`, resolve: previousOf }),
      diff: t.field({ type: shared.diff, nullable: true, description: between, resolve: diffOf }),
      at: t.expose("at", { type: "DateTime", nullable: true, description: `When it was committed. ${ofChange}` }),
      by: t.exposeString("by", { nullable: true, description: `Id of the actor. ${ofChange}` }),
    }),
  });
}

const ofChange = "Null for READY and BOOKMARK";
const stateNow = "The state at delivery; null while deleted";
const after = "Current after the change; null once purged";
const before = "Current before the change; null for created and modified";
const between = "From `previous` to `revision`; null where one of them is";

type Found<T> = Promise<T | undefined> | null;

const resourceOf = ({ type, id }: FeedEvent, _args: object, { loaders }: GraphQLContext): Found<Resource> =>
  type === null || id === null ? null : loaders.resource(type, id);

const revisionOf = ({ type, id, revision }: FeedEvent, _args: object, context: GraphQLContext) => revisionAt(type, id, revision, context);
const previousOf = ({ type, id, previous }: FeedEvent, _args: object, context: GraphQLContext) => revisionAt(type, id, previous, context);

/** Asks for both revisions first: an answer that has them has their difference too. */
async function diffOf(event: FeedEvent, _args: object, context: GraphQLContext): Promise<RevisionDiff | null> {
  const { type, id, previous, revision } = event;
  if (type === null || id === null || previous === null || revision === null) return null;
  const there = await Promise.all([revisionAt(type, id, previous, context), revisionAt(type, id, revision, context)]);
  return there.every((each) => each) ? context.loaders.diff(type, { id, from: previous, to: revision }) : null;
}

const revisionAt = (type: string | null, id: string | null, number: number | null, { loaders }: GraphQLContext): Found<RevisionSource> =>
  type === null || id === null || number === null
    ? null
    : loaders.revision(type, { id, number }).then((view) => view && new RevisionSource(view));
