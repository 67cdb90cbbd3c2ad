import type { ObjectRef } from "@pothos/core";
import type { FeedEvent, SubscribeArgs } from "../src/feed/feed-event.ts";
import type { Resource } from "../src/manager/resource.ts";
import { changeKinds } from "../src/storage/rows.ts";
import { type Arguments, inputListOf, type OutputField, type Types } from "./builder.ts";
import type { GraphQLContext } from "./context.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { EventStream, type StreamItem } from "./event-stream.ts";
import { textOf } from "./resource-types.ts";
import { RevisionSource } from "./revision-source.ts";
import { maker } from "./type-names.ts";

/** `articleChanged`: pulled from the feed, resumable from any cursor. */
export function resourceSubscription(derivation: Derivation, types: ResourceTypes): Record<string, OutputField> {
  const { names, shared } = derivation;
  const { spec } = types;
  const name = names.claim(`${spec.names.one}Changed`, maker(spec.name));
  names.claim(`Subscription.${name}`, maker(spec.name));
  return {
    [name]: {
      type: eventType(derivation, types),
      description:
        "The first event is READY: from its cursor on nothing is missed. With `after`, events go on behind that cursor without gap or repeat",
      args: {
        id: { type: "ID", description: "Only this resource" },
        kinds: { type: inputListOf(shared.changeKind) },
        after: { type: "String" },
      },
      subscribe: (_source, args, { actor, feed }) =>
        new EventStream((signal) => feed.subscribe(actor, { ...subscribeArgs(spec.name, args), signal })),
      resolve: (item: StreamItem, _args, { loaders }) => {
        loaders.clear();
        if ("error" in item) throw item.error;
        return item.event;
      },
    },
  };
}

function subscribeArgs(type: string, { id, kinds, after }: Arguments): SubscribeArgs {
  return {
    types: [type],
    id: textOf(id),
    kinds: Array.isArray(kinds) ? changeKinds.filter((kind) => kinds.includes(kind)) : undefined,
    after: textOf(after),
  };
}

function eventType({ builder, names, shared }: Derivation, { spec, resource, revision }: ResourceTypes): ObjectRef<Types, FeedEvent> {
  const name = names.claim(`${spec.names.type}Event`, maker(spec.name));
  for (const field of ["cursor", "kind", "resourceId", "version", "revision", "previous", "at", "by"])
    names.claim(`${name}.${field}`, "the platform");
  names.claim(`${name}.${spec.names.one}`, maker(spec.name));
  const revisionAt = (id: string | null, number: number | null, { loaders }: GraphQLContext): Promise<RevisionSource | undefined> | null =>
    id === null || number === null ? null : loaders.revision(spec.name, { id, number }).then((view) => view && new RevisionSource(view));
  return builder.objectRef<FeedEvent>(name).implement({
    fields: (t) => ({
      cursor: t.exposeString("cursor", { description: "Where a later subscription goes on, as `after`" }),
      kind: t.expose("kind", { type: shared.eventKind }),
      resourceId: t.exposeID("id", { nullable: true }),
      version: t.exposeInt("version", { nullable: true }),
      [spec.names.one]: t.field({
        type: resource,
        nullable: true,
        description: "The state at delivery; null while deleted",
        resolve: ({ id }, _args, { loaders }): Promise<Resource | undefined> | null =>
          id === null ? null : loaders.resource(spec.name, id),
      }),
      revision: t.field({
        type: revision,
        nullable: true,
        description: "Current after the change; null once purged",
        resolve: (event, _args, context) => revisionAt(event.id, event.revision, context),
      }),
      previous: t.field({
        type: revision,
        nullable: true,
        description: "Current before the change",
        resolve: (event, _args, context) => revisionAt(event.id, event.previous, context),
      }),
      at: t.expose("at", { type: "DateTime", nullable: true }),
      by: t.exposeString("by", { nullable: true }),
    }),
  });
}
