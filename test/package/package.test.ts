import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const program = `
import { createPlatform, defineResource } from "specstar";
import { diskStorage } from "specstar/disk";
import { memoryStorage } from "specstar/memory";
import { changeLog } from "specstar/plugins/change-log";
import { resourceTemplates } from "specstar/rest";
import { printSDL } from "specstar/schema";
import { z } from "zod";

const Note = defineResource("note", { schema: z.object({ text: z.string() }), index: ["text"] });
const lines = [];
for (const storage of [memoryStorage(), diskStorage("./data")]) {
  const platform = createPlatform({ resources: [Note], storage, plugins: [changeLog((line) => lines.push(line))], log: false });
  await platform.resource(Note).create({ text: "hello" });
  const query = JSON.stringify({ query: "{ notes { totalCount nodes { text } } }" });
  const graphql = await platform.fetch(new Request("http://x/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: query }));
  const rest = await platform.fetch(new Request("http://x/notes"));
  console.log(JSON.stringify([await graphql.json(), (await rest.json()).items[0].data]));
  await platform.close();
}
console.log(JSON.stringify([lines.length, printSDL([Note]).includes("type Note implements Node & Resource"), resourceTemplates.length > 10]));
`;

/** What inference names must have a name in the package: else `declaration: true` cannot write it down. */
const typed = {
  "wrong.ts": `
import { defineResource } from "specstar";
import { z } from "zod";
// @ts-expect-error there is no such field
export const Note = defineResource("note", { schema: z.object({ text: z.string() }), index: ["txt"] });
`,
  "resources.ts": `
import { blob, defineResource, ref } from "specstar";
import { z } from "zod";
export const Author = defineResource("author", { schema: z.object({ name: z.string(), email: z.email() }), index: ["name"], unique: ["email"] });
export const Article = defineResource("article", {
  schema: z.object({ title: z.string(), views: z.int32().default(0), cover: blob().optional(), author: ref(Author) }),
  index: ["title", "views", ["author", "views"]],
  actions: {
    publish: {
      input: z.object({ at: z.iso.datetime().optional() }),
      output: z.object({ url: z.string() }),
      handler: async ({ resource, resources }) => ({ url: resource.data.title + (await resources(Author).get(resource.data.author)).data.name }),
    },
  },
});
`,
  "program.ts": `
import { createPlatform, embeddedQueue, query } from "specstar";
import { diskStorage } from "specstar/disk";
import { memoryStorage } from "specstar/memory";
import { rabbitmqQueue } from "specstar/rabbitmq";
import { changeLog } from "specstar/plugins/change-log";
import { createClient } from "specstar/client";
import { resourceTemplates } from "specstar/rest";
import { Article, Author } from "./resources.ts";
export const platform = createPlatform({ resources: [Author, Article], storage: memoryStorage() });
export const articles = platform.resource(Article);
export const find = () => articles.search({ where: { views: { gte: 1 } } });
export const popular = query(Article).where((f) => f.views.gte(10)).orderBy("-views");
export const listen = () => platform.listen({ port: 0 });
export const create = () => articles.create({ title: "x", author: "author_x" });
export const reads = () => Promise.all([articles.get("x"), articles.getMany(["x"]), articles.revisions("x"), articles.revision("x", { number: 1 })] as const);
export const changes = () => Promise.all([articles.diff("x", 1), articles.purge("x"), platform.blobs.put(new Uint8Array())] as const);
export const events = () => [platform.feed.subscribe(articles.actor, {}), platform.feed.poll(articles.actor, {})] as const;
export const patchArguments = (...given: Parameters<typeof articles.patch>) => given;
export const createArguments = (...given: Parameters<typeof articles.create>) => given;
export const client = createClient<readonly [typeof Author, typeof Article]>({ url: "http://localhost:4000" });
export const asked = () => Promise.all([client.article.search({ where: { views: { gte: 1 } } }), client.author.count()] as const);
export const publish = () => Promise.all([articles.actions.publish("x"), client.article.actions.publish("x", {})] as const);
export const actions = [articles.actions, client.article.actions, Article.actions] as const;
export const actionArguments = (...given: Parameters<typeof articles.actions.publish>) => given;
export const platformArguments = (...given: Parameters<typeof createPlatform>) => given;
export const queues = () => [embeddedQueue(memoryStorage()), rabbitmqQueue({ url: "amqp://localhost" })];
export const diskArguments = (...given: Parameters<typeof diskStorage>) => given;
export const parts = { capabilities: platform, columns: Article.columns, fields: Article.fields, names: Article.names, log: changeLog(() => {}), templates: resourceTemplates, options: platform.feed.options };
`,
};

test("a packed tarball works in an empty folder, with its types", async () => {
  const folder = await mkdtemp(join(tmpdir(), "specstar-package-"));
  const npm = async (cwd: string, ...args: string[]) =>
    (await run("npm", args, { cwd, env: { ...process.env, npm_config_update_notifier: "false" } })).stdout;
  try {
    await npm(root, "pack", "--pack-destination", folder);
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    expect(dependencies).not.toHaveProperty("graphql");
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npm(
      folder,
      "install",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "./specstar-0.1.0.tgz",
      ...["graphql", "zod"].map((peer) => `${peer}@${devDependencies[peer]}`),
    );
    await writeFile(join(folder, "main.js"), program);
    const { stdout } = await run(process.execPath, ["main.js"], { cwd: folder });
    const found = JSON.stringify([{ data: { notes: { totalCount: 1, nodes: [{ text: "hello" }] } } }, { text: "hello" }]);
    expect(stdout.trim().split("\n")).toEqual([found, found, "[2,true,true]"]);

    for (const [name, text] of Object.entries(typed)) await writeFile(join(folder, name), text);
    const compiler = {
      ...{ module: "nodenext", target: "es2024", lib: ["es2024", "dom"], types: [], strict: true, skipLibCheck: true },
      ...{ declaration: true, emitDeclarationOnly: true, allowImportingTsExtensions: true, outDir: "types" },
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: compiler, include: ["*.ts"] }));
    const compiled = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]).then(
      () => "",
      (failed: { stdout: string }) => failed.stdout,
    );
    expect(compiled).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
