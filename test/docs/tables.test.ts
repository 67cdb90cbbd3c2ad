import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorCodes, httpStatus, isRetryable, unionMember } from "../../src/errors.ts";
import { type Page, pages, root, rows } from "./markdown.ts";

function page(file: string): Page {
  const found = pages.find((each) => each.file === file);
  if (!found) throw new TypeError(`There is no ${file}`);
  return found;
}

describe("tables and links in docs", () => {
  test("docs/errors.md is the table of src/errors.ts", () => {
    const [, ...shown] = rows(page("docs/errors.md"));
    const table = errorCodes.map((code) => [code, String(httpStatus(code)), unionMember(code) ?? "–", isRetryable(code) ? "yes" : "no"]);
    expect(shown.map((cells) => cells.slice(0, 4))).toEqual(table);
  });

  test("docs/dependencies.md has a line for every dependency that is used, and none for another", () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const installed = Object.keys({ ...dependencies, ...peerDependencies });
    const source = ["src", "schema", "plugins"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(root, folder, name), "utf8")),
    );
    const used = installed.filter((name) => source.some((text) => text.includes(`"${name}"`) || text.includes(`"${name}/`)));
    const [, ...shown] = rows(page("docs/dependencies.md")).map(([name = ""]) => name);
    expect(shown).toEqual(expect.arrayContaining(used));
    expect(installed).toEqual(expect.arrayContaining(shown));
  });

  test("links lead somewhere", () => {
    const broken = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
        .map((match) => join(dirname(file), match[1] ?? ""))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
