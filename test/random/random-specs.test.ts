import fc from "fast-check";
import { expect, test } from "vitest";
import { ask } from "../graphql/ask.ts";
import { openPlatform } from "../support/open-platform.ts";
import { answerOf, randomQuery } from "./documents.ts";
import { randomWorld } from "./world.ts";

/** More than the suite has time for: `SPECSTAR_RANDOM_SPECS=5000 SPECSTAR_SEED=7 npx vitest run test/random`. A failure prints the seed. */
const numRuns = Number(process.env.SPECSTAR_RANDOM_SPECS ?? 30);
const queriesPerSpec = 4;
const amount = { tokens: 100_000, depth: 100, aliases: 10_000, repeats: 10_000, rootFields: 1_000, cost: 1_000_000 };

test("random specs build a schema, and random queries over random data answer as plain JavaScript does", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (draw) => {
      const once = <T>(arbitrary: fc.Arbitrary<T>): T => draw(() => arbitrary);
      const { specs, rows, root, argumentsFor } = randomWorld(once);
      const platform = await openPlatform(specs, { graphql: { limits: amount } });
      for (const spec of specs.toReversed())
        for (const { id, data } of rows[spec.name === "alpha" ? "alpha" : "beta"])
          await platform.resource(spec).create(data as never, { key: id.slice(id.indexOf("_") + 1) });
      for (let i = 0; i < queriesPerSpec; i++) {
        const { document, variables, selected } = randomQuery(platform.schema, once, argumentsFor);
        const { data, errors } = await ask(platform, document, variables);
        expect(errors, document).toBeUndefined();
        expect(data, document).toEqual(answerOf(selected, root, variables));
      }
      await platform.close();
    }),
    { numRuns, seed: Number(process.env.SPECSTAR_SEED ?? 20_261_130), endOnFailure: true },
  );
});
