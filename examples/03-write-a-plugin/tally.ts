import { defineResource, type Plugin } from "specstar";
import { z } from "zod";

/** The plugin's own resource. Both APIs have it like those of the program. */
export const Tally = defineResource("tally", {
  description: "How much somebody has written",
  key: true,
  schema: z.object({ writer: z.string(), changes: z.int(), lastKey: z.string() }),
  index: ["changes"],
});

/**
 * Counts the changes of each writer, durably: a feed handler hears of every change once it is committed, whichever process wrote it,
 * and goes on where it was after a restart. It may hear of one twice, and so remembers which it counted last.
 */
export const tally: Plugin = {
  name: "tally",
  resources: [Tally],
  // In order over all resources: a writer's count is one place for them all.
  feed: { from: "beginning", concurrency: 1 },
  on: {
    "*.*.feed": async ({ type, by, key, platform }) => {
      if (type === Tally.name) return;
      const tallies = platform.resource(Tally);
      const id = `tally_${by}`;
      const [found] = await tallies.getMany([id]);
      if (found?.data.lastKey === key) return;
      if (found) await tallies.update(id, { writer: by, changes: found.data.changes + 1, lastKey: key }, { ifVersion: found.version });
      else await tallies.create({ writer: by, changes: 1, lastKey: key }, { key: by });
    },
  },
};
