import { join } from "node:path";
import { expect, test } from "vitest";
import { City, Country, Dataset } from "../../examples/01-atlas/resources.ts";
import { printSDL } from "../../schema/index.ts";

test("the atlas has the GraphQL schema that is committed beside it: a change of it is a change of the API", async () => {
  await expect(printSDL([Country, City, Dataset])).toMatchFileSnapshot(join(import.meta.dirname, "../../examples/01-atlas/schema.graphql"));
});
