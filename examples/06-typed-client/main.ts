import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { CityChangesDocument, LargestCitiesDocument, type TypedDocumentString } from "./generated.ts";

// Beside the atlas, which `npm start` runs: npx node examples/06-typed-client/main.ts
const url = process.env.ATLAS_URL ?? "http://127.0.0.1:4000";
const client = createClient({ url: `${url.replace(/^http/, "ws")}/graphql`, retryAttempts: 0 });

/** What the server answers: once to a query, again and again to a subscription. */
async function* answers<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  for await (const { data, errors } of client.iterate<Result>({ query: document.toString(), variables })) {
    if (errors) throw errors;
    if (data) yield data;
  }
}

/** Every change, once and in order, however often the connection breaks. */
async function* changes() {
  let after: string | null = null;
  for (;;) {
    try {
      for await (const { cityChanged } of answers(CityChangesDocument, { after })) {
        after = cityChanged.cursor;
        yield cityChanged;
      }
    } catch (thrown) {
      // A list is what the server has against the operation; anything else is the connection.
      if (Array.isArray(thrown)) throw thrown;
    }
    console.log("Connection lost. It goes on behind the last cursor");
    await sleep(500);
  }
}

for await (const { cities } of answers(LargestCitiesDocument, { where: { population: { gte: 1 } }, first: 3 })) {
  console.log(`The largest of ${cities.totalCount} cities:`);
  for (const { name, population, country } of cities.nodes) console.log(`  ${name}, ${country?.name.common}: ${population}`);
}
for await (const { kind, city, diff } of changes()) {
  console.log(kind, city?.name ?? "", ...(diff?.operations.map(({ op, path, value }) => `${op} ${path} ${JSON.stringify(value)}`) ?? []));
}
