import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { buildSchema, type GraphQLSchema, Kind, parse, printType, validate } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { blocks, moduleOf, pages, root } from "./markdown.ts";

const run = promisify(execFile);
const node = (...args: string[]) => run(process.execPath, args, { cwd: root });

/** Beside this file, so that the package is found by its name; hidden, so that nobody else compiles it. */
let folder: string;
let schema: GraphQLSchema;

/** The specs of the README are the ones of all pages: its first block is their `./resources.ts`. */
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, ".code-"));
  for (const page of pages) {
    const code = blocks(page, "ts");
    if (page.file === "README.md") await writeFile(join(folder, "resources.ts"), code.shift() ?? "");
    if (code.length > 0) await writeFile(join(folder, basename(page.file).replace(/\.md$/, ".ts")), moduleOf(code));
  }
  const tsconfig = { extends: "../../../tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  const print = `import { createPlatform } from "specstar"; import { memoryStorage } from "specstar/memory"; import { printSchema } from "graphql"; import { Article, Author } from "./resources.ts";
process.stdout.write(printSchema(createPlatform({ resources: [Author, Article], storage: memoryStorage(), log: false }).schema)); process.exit();`;
  await writeFile(join(folder, "print.mjs"), print);
  schema = buildSchema((await node("--conditions=source", join(folder, "print.mjs"))).stdout);
  return () => rm(folder, { recursive: true, force: true });
}, 60_000);

describe("code in README and docs", () => {
  test("every ts block compiles", async () => {
    const compiled = await node(join(root, "node_modules/typescript/bin/tsc"), "-p", folder).then(
      () => "",
      (failed: { stdout: string }) => failed.stdout,
    );
    expect(compiled).toBe("");
  }, 60_000);

  const graphql = pages.flatMap((page) => blocks(page, "graphql").map((text) => ({ file: page.file, text })));

  test("every GraphQL operation is valid", () => {
    for (const { file, text } of graphql) {
      const document = parse(text);
      if (document.definitions.some(({ kind }) => kind !== Kind.OPERATION_DEFINITION)) continue;
      expect(validate(schema, document).map(({ message }) => `${file}: ${message}`)).toEqual([]);
    }
  });

  test("every GraphQL type is as it is shown", () => {
    for (const { file, text } of graphql) {
      for (const definition of parse(text).definitions) {
        if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
        const { name, fields = [], loc } = definition;
        const type = schema.getType(name.value);
        const real = new Set(type ? linesOf(printType(type)) : []);
        const shown = linesOf(text.slice(loc?.start, loc?.end));
        expect(
          shown.filter((line) => !real.has(line)),
          `${file}: ${name.value}`,
        ).toEqual([]);
        // A root type may show the fields of one resource only; any other is shown whole.
        if (!/^(Query|Mutation|Subscription)$/.test(name.value)) expect(real.size, `${file}: ${name.value}`).toBe(fields.length + 2);
      }
    }
  });
});

/** A line per field, whatever the layout, without descriptions. */
const linesOf = (sdl: string): string[] =>
  sdl
    .replace(/"""[\s\S]*?"""/g, "")
    .replace(
      /\(([^)]*)\)/g,
      (_, args: string) =>
        `(${args
          .trim()
          .split(/\s*[,\n]\s*/)
          .filter(Boolean)
          .join(", ")})`,
    )
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
