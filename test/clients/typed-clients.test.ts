import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { minifyIntrospection, outputIntrospectionFile } from "@gql.tada/internal";
import { buildSchema, introspectionFromSchema } from "graphql";
import { expect, test } from "vitest";
import { clientTypes } from "../../examples/06-typed-client/client-types.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

test("graphql-codegen makes of the atlas what is committed: npm run sdl", async () => {
  await expect(await clientTypes()).toMatchFileSnapshot(join(root, "examples/06-typed-client/generated.ts"));
});

/** Programs against the atlas: a line that must not compile has the comment `// wrong` behind it. */
const programs = {
  "codegen.ts": `import { CityChangesDocument, LargestCitiesDocument, type TypedDocumentString } from "../../../examples/06-typed-client/generated.ts";

declare function ask<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables): Result;

const { cities } = ask(LargestCitiesDocument, { where: { population: { gte: 5 }, country: { region: { eq: "Asia" } } }, first: 3 });
cities.nodes.map(({ name, population, country }) => [name.length, population.toFixed(), country?.name.common]);
ask(LargestCitiesDocument, { where: { population: { gte: "5" } }, first: 3 }); // wrong
ask(LargestCitiesDocument, { where: { country: { region: { eq: "Asien" } } }, first: 3 }); // wrong
ask(LargestCitiesDocument, {}); // wrong
cities.nodes.map(({ country }) => country.name); // wrong
const { cityChanged } = ask(CityChangesDocument, { after: null });
cityChanged.at?.startsWith("2026");
if (cityChanged.kind === "CHANGED") throw cityChanged; // wrong
`,
  "gql-tada.ts": `import { initGraphQLTada, type ResultOf, type VariablesOf } from "gql.tada";
import type { introspection } from "./introspection.d.ts";

interface Scalars { Date: string; DateTime: string; JSON: unknown; SafeInt: number }
const graphql = initGraphQLTada<{ introspection: introspection; scalars: Scalars }>();

const page = graphql(\`query ($where: CityWhere) { cities(where: $where, first: 3) { nodes { id population meta { createdAt } country { name { common } } } } }\`);
declare const cities: ResultOf<typeof page>["cities"];
cities.nodes.map(({ population, meta, country }) => [population.toFixed(), meta.createdAt.length, country?.name.common]);
cities.nodes.map(({ country }) => country.name); // wrong
cities.nodes.map(({ nmae }) => nmae); // wrong
const where: VariablesOf<typeof page> = { where: { population: { gte: 5 } } };
const wrong: VariablesOf<typeof page> = { where: { population: { gte: "5" } } }; // wrong

const patch = graphql(\`mutation ($id: ID!, $merge: PatchCityInput!) { patchCity(id: $id, merge: $merge) { __typename ... on PatchCitySuccess { changed } ... on VersionMismatch { actual } ... on Error { message } } }\`);
declare const { patchCity }: ResultOf<typeof patch>;
if (patchCity.__typename === "PatchCitySuccess") patchCity.changed satisfies boolean;
else patchCity.message.trim();
if (patchCity.__typename === "VersionMismatch") patchCity.actual.toFixed();
if (patchCity.__typename === "Gone") patchCity.actual; // wrong
export { where, wrong };
`,
};

/** By the library under gql.tada's command, which itself asks TypeScript for an API that version 7 does not have. */
async function introspectionTypes(): Promise<string> {
  const schema = buildSchema(await readFile(join(root, "examples/01-atlas/schema.graphql"), "utf8"));
  return outputIntrospectionFile(minifyIntrospection(introspectionFromSchema(schema)), { fileType: ".d.ts", shouldPreprocess: true });
}

test("programs that use graphql-codegen's and gql.tada's types compile, but for what is wrong in them", async () => {
  const folder = await mkdtemp(join(import.meta.dirname, ".code-"));
  try {
    await writeFile(join(folder, "introspection.d.ts"), await introspectionTypes());
    for (const [file, text] of Object.entries(programs)) await writeFile(join(folder, file), text);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../../tsconfig.json", include: ["*.ts"] }));
    const { stdout } = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { cwd: folder }).catch(
      (failed: { stdout: string }) => failed,
    );
    const found = new Set([...stdout.matchAll(/^(\S+\.ts)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`));
    const wrong = Object.entries(programs).flatMap(([file, text]) =>
      text.split("\n").flatMap((line, i) => (line.endsWith("// wrong") ? [`${file}:${i + 1}`] : [])),
    );
    expect([...found], stdout).toEqual(wrong);
  } finally {
    await rm(folder, { recursive: true });
  }
});
