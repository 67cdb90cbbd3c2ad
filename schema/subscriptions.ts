import type { SubscribeArgs } from "../src/feed/feed-event.ts";
import { changeKinds } from "../src/storage/rows.ts";
import { type Arguments, type InputField, inputListOf, type OutputField } from "./builder.ts";
import { textOf } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { EventStream, StreamFailure, type StreamItem } from "./event-stream.ts";
import { anyEventType, resourceEventType } from "./event-types.ts";
import { resourceTypeEnum } from "./referrer-groups.ts";
import { maker } from "./type-names.ts";
import { eventWhereType } from "./where-types.ts";

const description =
  "The first event is READY: from its cursor on nothing is missed. With `after`, events go on behind that cursor without gap or repeat";
const matching =
  "Only changes after which a resource matches, or before which where it is deleted. One that matched and does not any more is LEFT. Purges are always told";
const after: InputField = { type: "String", description: "The cursor of the last event that you saw, with the same other arguments" };

/** `articleChanged`: pulled from the feed, resumable from any cursor. */
export function resourceSubscription(derivation: Derivation, types: ResourceTypes): Record<string, OutputField> {
  const { names, shared } = derivation;
  const { spec } = types;
  const name = names.claim(`${spec.names.one}Changed`, maker(spec.name));
  names.claim(`Subscription.${name}`, maker(spec.name));
  return {
    [name]: {
      type: resourceEventType(derivation, types),
      description,
      args: {
        id: { type: "ID", description: "Only this resource" },
        where: { type: eventWhereType(derivation, spec), description: matching },
        kinds: { type: inputListOf(shared.changeKind), description: "READY, LEFT and BOOKMARK come all the same" },
        after,
      },
      ...pulled((args) => ({ types: [spec.name], id: textOf(args.id), where: args.where ?? undefined, kinds: kindsOf(args) })),
    },
  };
}

/** `resourceChanged`: the same over all resources, or those of some types. */
export function subscriptionToAll(derivation: Derivation): Record<string, OutputField> {
  const { names } = derivation;
  names.claim("Subscription.resourceChanged", "the platform");
  const resourceType = resourceTypeEnum(derivation);
  return {
    resourceChanged: {
      type: anyEventType(derivation, resourceType),
      description,
      args: { types: { type: inputListOf(resourceType), description: "All that may be heard of, unless told" }, after },
      ...pulled(({ types }) => ({ types: Array.isArray(types) ? types.map(String) : undefined })),
    },
  };
}

/** How a subscription is resolved: each event on its own, from a state that is read anew. */
const pulled = (argsOf: (args: Arguments) => SubscribeArgs): Pick<OutputField, "subscribe" | "resolve"> => ({
  subscribe: (_source, args, { actor, feed }) => new EventStream(feed.subscribe(actor, { ...argsOf(args), after: textOf(args.after) })),
  resolve: (item: StreamItem, _args, { loaders }) => {
    loaders.clear();
    if (item instanceof StreamFailure) throw item.error;
    return item.event;
  },
});

function kindsOf({ kinds }: Arguments): SubscribeArgs["kinds"] {
  return Array.isArray(kinds) ? changeKinds.filter((kind) => kinds.includes(kind)) : undefined;
}
