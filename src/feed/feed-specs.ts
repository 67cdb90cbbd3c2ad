import { z } from "zod";
import { defineResource } from "../spec/resource.ts";

/**
 * Where the feed handlers of a plugin have got to: a draft that is modified in place, so that it has no history. Internal to
 * the platform unless a program lists it among its resources.
 */
export const FeedConsumer = defineResource("feedConsumer", {
  description: "Where the feed handlers of a plugin have got to",
  key: "plugin",
  schema: z.object({
    plugin: z.string(),
    /** All before it is done or parked. */
    cursor: z.string(),
    /** The process that is at it, null where nobody is. */
    owner: z.string().nullable(),
    /** Until when it is that process's alone. */
    leasedUntil: z.iso.datetime().nullable(),
  }),
});

/** A change that a plugin's feed handlers have failed on until they were given up. */
export const ParkedEvent = defineResource("parkedEvent", {
  description: "A change that a plugin's feed handlers have failed on. Set state to again to have it tried once more",
  schema: z.object({
    plugin: z.string().meta({ description: "Whose handlers they are" }),
    state: z.enum(["parked", "again"]).meta({ description: "again: it is to be tried once more" }),
    change: z
      .object({
        kind: z.enum(["created", "updated", "modified", "switched", "deleted", "restored", "purged"]),
        type: z.string(),
        resourceId: z.string(),
        version: z.int(),
        current: z.int(),
        previous: z.int().nullable(),
        at: z.string(),
        by: z.string(),
      })
      .nullable()
      .meta({ description: "Null where changes were lost because the feed no longer has them" }),
    attempts: z.int(),
    error: z.string().meta({ description: "Code and message of the last failure" }),
  }),
  index: ["plugin", "state"],
});
