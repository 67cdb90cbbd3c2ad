import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const product = ["src", "schema", "plugins"].flatMap(filesBelow);
const everything = [...product, ...["test", "examples"].flatMap(filesBelow)];
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
/** The code alone: neither comments nor the insides of strings count as tokens. */
const codeOf = (file: string): string =>
  textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "");

/** Which rooms each room may import from. Entry points (files of src itself) may import anything but each other's backends. */
const imports: Record<string, readonly string[]> = {
  "src/spec": ["src/errors.ts"],
  "src/storage": ["src/spec", "src/errors.ts"],
  "src/stores/memory": ["src/storage", "src/spec", "src/errors.ts"],
  "src/stores/sql": ["src/storage", "src/spec", "src/errors.ts"],
  "src/stores/sqlite": ["src/stores/sql", "src/stores/fs", "src/storage", "src/spec", "src/errors.ts"],
  "src/stores/postgres": ["src/stores/sql", "src/storage", "src/spec", "src/errors.ts"],
  "src/stores/fs": ["src/storage", "src/spec", "src/errors.ts"],
  "src/queue": ["src/storage", "src/spec", "src/errors.ts"],
  "src/manager": ["src/storage", "src/spec", "src/errors.ts"],
  "src/feed": ["src/manager", "src/storage", "src/spec", "src/errors.ts"],
  "src/stores/s3": ["src/stores/sqlite", "src/stores/fs", "src/storage", "src/spec", "src/errors.ts"],
  "src/rest": ["src/feed", "src/manager", "src/storage", "src/spec", "src/errors.ts"],
  schema: ["src/feed", "src/manager", "src/storage", "src/spec", "src/errors.ts"],
  "src/client": ["src/feed", "src/manager", "src/storage", "src/spec", "src/errors.ts"],
  "src/server": ["schema", "src/rest", "src/feed", "src/manager", "src/storage", "src/spec", "src/errors.ts"],
  plugins: ["src/index.ts", "src/spec/check-options.ts"],
};

const roomOf = (file: string): string | undefined => Object.keys(imports).find((room) => file.startsWith(`${room}/`));

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const specifiers = [...codeOf(file).matchAll(/(?:from\s+|import\s+|import\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  return specifiers.map((to) => ({ from: file, to: to.startsWith(".") ? normalize(join(dirname(file), to)) : to }));
}

/** Where a library or a word of the platform may stand. */
const tokens: readonly { readonly token: RegExp; readonly rooms: readonly RegExp[]; readonly why: string }[] = [
  {
    token: /from "(graphql|@pothos\/core)"/,
    rooms: [/^schema\//, /^src\/server\/graphql\.ts$/, /^src\/platform\.ts$/],
    why: "GraphQL is an edge",
  },
  { token: /from "graphql-yoga"/, rooms: [/^src\/server\/graphql\.ts$/], why: "one server library, one file" },
  { token: /from "(ws|graphql-ws)"/, rooms: [/^src\/server\/node\.ts$/], why: "sockets are Node's" },
  {
    token: /\b(new )?(Request|Response|Headers)\b(?!ed|s)/,
    rooms: [/^src\/server\//, /^src\/rest\//, /^src\/client\//, /^src\/platform(-options)?\.ts$/, /^src\/index\.ts$/],
    why: "HTTP stays at the edge",
  },
  { token: /\b(status|code)\w*\s*(:|=|===)\s*[45]\d\d\b/, rooms: [/^src\/errors\.ts$/], why: "statuses come from the error table" },
  { token: /from "jose"/, rooms: [/^plugins\/jwt\.ts$/], why: "who checks no tokens loads no library for it" },
  { token: /_zod\b/, rooms: [/^src\/spec\/field\.ts$/], why: "zod is walked in one file" },
  {
    token: /(from|import\()\s*"(@mikro-orm\/|kysely|better-sqlite3|pg")/,
    rooms: [/^src\/stores\/(sql|sqlite|postgres)\//],
    why: "SQL is a backend",
  },
  { token: /from "@aws-sdk\//, rooms: [/^src\/stores\/s3\//], why: "S3 is a backend" },
  { token: /from "amqplib"/, rooms: [/^src\/queue\/rabbitmq\//], why: "a broker is a carrier" },
  { token: /from "(hono|@hono\/)/, rooms: [/^src\/rest\//, /^src\/server\//], why: "HTTP stays at the edge" },
  { token: /\bprocess\.env\b|\bconsole\./, rooms: [/^src\/cli\//], why: "settings are arguments, output goes through the log" },
  {
    token: /\bDate\.now\(\)|\bMath\.random\(\)|\brandomUUID\(/,
    rooms: [/^src\/storage\/context\.ts$/, /^src\/client\//],
    why: "time, ids and randomness come from one context",
  },
  { token: /\bnew Error\(/, rooms: [], why: "errors come from src/errors.ts" },
  { token: /:\s*any\b|<any>|\bas any\b|@ts-(ignore|nocheck)/, rooms: [], why: "types are kept" },
];

/** Files that cross from run time to static types, each with its reason. */
const casts: Record<string, string> = {
  "schema/builder.ts": "types derived at run time go into Pothos, whose types are made for hand-written ones",
  "schema/context.ts": "a manager has the type of the spec it was made from",
  "schema/extend.ts": "types derived at run time are handed to code that is typed by their specs",
  "schema/graphql-error.ts": "reads the extensions of a foreign error",
  "schema/search-args.ts": "arguments of a derived type become search and aggregate arguments",
  "src/client/event-source.ts": "an event has the type of what it was asked for",
  "src/client/transport.ts": "what a platform of these specs answers has their types",
  "src/errors.ts": "the keys of the table are its codes",
  "src/manager/action-methods.ts": "the methods of actions are made at run time of the spec",
  "src/manager/apply-patch.ts": "looks at an operation that a client sent",
  "src/manager/plugins/dispatch.ts": "a handler's event type follows from its key",
  "src/manager/unit/idempotency.ts": "reads back a result that it wrote",
  "src/manager/operations/aggregate.ts": "a group has the type of the fields that were named",
  "src/manager/resource.ts": "stored data has the type of its spec",
  "src/platform.ts": "a manager has the type of the spec it was made from",
  "src/rest/operation-rows.ts": "rows that were checked member by member become operations",
  "src/rest/read-body.ts": "a parsed body that was checked to be an object",
  "src/rest/search-args.ts": "parsed parameters become search arguments, which the manager checks",
  "src/server/graphql.ts": "the server context that was handed to Yoga comes back from it",
  "src/server/identify.ts": "a manager has the type of the spec it was made from",
  "src/spec/field.ts": "reads zod's definitions, brands refs and blobs",
  "src/spec/query-builder.ts": "its fields are made at run time of the spec",
  "src/spec/resource.ts": "index paths are strings at run time",
  "src/storage/evaluate.ts": "an operand's type follows from its operator",
  "src/stores/sql/resource-rows.ts": "rows of a database have the types of their columns",
};

/** Files longer than 300 lines, each with its reason. */
const longFiles: Record<string, string> = {
  "examples/06-typed-client/generated.ts": "made by graphql-codegen",
};

describe("architecture", () => {
  test("imports run one way", () => {
    const wrong = product.flatMap((file) => {
      const room = roomOf(file);
      if (!room) return [];
      const allowed = [room, "src/version-guard.ts", ...(imports[room] ?? [])];
      return importsOf(file).filter(
        ({ to }) => /^(src|schema|plugins|test|examples)\//.test(to) && !allowed.some((each) => to === each || to.startsWith(`${each}/`)),
      );
    });
    expect(wrong).toEqual([]);
  });

  test("files do not import each other in a circle", () => {
    const graph = new Map(
      product.map((file) => [
        file,
        importsOf(file)
          .filter(({ to }) => product.includes(to))
          .map(({ to }) => to),
      ]),
    );
    const typeOnly = (from: string, to: string) =>
      !new RegExp(`import (?!type)[^;]*"[^"]*${to.split("/").at(-1)?.replace(".", "\\.")}"`).test(codeOf(from).replace(/\n/g, " "));
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (path.includes(file) || done.has(file)) return;
      for (const to of graph.get(file) ?? []) if (!typeOnly(file, to)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of product) visit(file, []);
    expect(circles).toEqual([]);
  });

  test.each(tokens)("$token stands only in its rooms: $why", ({ token, rooms }) => {
    const wrong = product.filter((file) => !rooms.some((room) => room.test(file)) && token.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  test("casts stand only in files with a reason", () => {
    const cast = /\bas (?!const\b)[\w({["'`]/;
    const code = (file: string) =>
      codeOf(file)
        .replace(/^(import|export) [^;]*? from "[^"]+";/gms, "")
        .replace(/`[^`]*`|"[^"\n]*"/g, '""')
        .replace(/\[\w+ in [\w[\]]+ as /g, "[");
    expect(product.filter((file) => cast.test(code(file))).sort()).toEqual(Object.keys(casts).sort());
  });

  test("files are at most 300 lines", () => {
    const long = everything.filter((file) => textOf(file).split("\n").length > 301);
    expect(long).toEqual(Object.keys(longFiles));
  });

  test("file names are kebab-case and say what is inside", () => {
    const wrong = everything.filter(
      (file) =>
        !/^([a-z0-9]+-)*[a-z0-9]+(\.test|\.config)?\.(ts|mjs)$/.test(file.split("/").at(-1) ?? "") ||
        /\b(utils?|helpers?|common|misc)\b/.test(file),
    );
    expect(wrong).toEqual([]);
  });

  test("platform.ts reads as the architecture", () => {
    expect(textOf("src/platform.ts").split("\n").length).toBeLessThan(130);
  });

  test("a port is one file of at most 150 lines and 12 methods", () => {
    const ports = ["storage/storage", "storage/meta-store", "storage/revision-store", "storage/blob-store", "storage/message-rows"];
    for (const port of [...ports, "queue/message-queue"]) {
      const text = textOf(`src/${port}.ts`);
      expect(text.split("\n").length, port).toBeLessThan(150);
      expect([...text.matchAll(/^ {2}\w+\(.*\): (Promise|AsyncIterable)</gm)].length, port).toBeLessThanOrEqual(12);
    }
  });

  test("a route template is at most 80 lines", () => {
    const long = filesBelow("src/rest/templates").filter((file) => textOf(file).split("\n").length > 80);
    expect(long).toEqual([]);
  });

  test("the newcomer's walk of six files stays short", () => {
    const walk = [
      "README.md",
      "examples/00-hello/main.ts",
      "src/platform.ts",
      "src/manager/operations/create.ts",
      "src/storage/storage.ts",
    ];
    const memory = ["src/stores/memory/memory-meta-store.ts", "src/stores/memory/entry.ts"];
    const lines = [...walk.slice(1), ...memory].map((file) => textOf(file).split("\n").length).reduce((sum, count) => sum + count, 0);
    expect(lines).toBeLessThan(750);
  });
});
