import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface Page {
  /** `README.md`, `docs/specs.md` */
  readonly file: string;
  readonly text: string;
}

export const pages: readonly Page[] = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)]
  .filter((file) => file.endsWith(".md"))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

/** The insides of fenced blocks of a language, in order. */
export const blocks = ({ text }: Page, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1] ?? "");

/** Cells of every table row, without the heads. */
export const rows = ({ text }: Page): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[-| ]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

/** Blocks of one page as one module: a name is imported once, however many blocks import it. */
export function moduleOf(code: readonly string[]): string {
  const imports = new Map<string, Set<string>>();
  const body = code.join("\n").replace(/^import \{ ([^}]+) \} from "([^"]+)";\n/gm, (_, names: string, from: string) => {
    const known = imports.get(from) ?? new Set();
    for (const name of names.split(",")) known.add(name.trim());
    imports.set(from, known);
    return "";
  });
  const head = [...imports].map(([from, names]) => `import { ${[...names].join(", ")} } from "${from}";\n`);
  return `${head.join("")}${body}\nexport {};\n`;
}
