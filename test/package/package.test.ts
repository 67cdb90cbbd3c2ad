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

    await writeFile(
      join(folder, "typed.ts"),
      'import { defineResource } from "specstar";\nimport { z } from "zod";\n// @ts-expect-error there is no such field\nexport const Note = defineResource("note", { schema: z.object({ text: z.string() }), index: ["txt"] });\n',
    );
    const compiler = { module: "nodenext", target: "es2024", strict: true, skipLibCheck: true, noEmit: true, types: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: compiler, include: ["typed.ts"] }));
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
