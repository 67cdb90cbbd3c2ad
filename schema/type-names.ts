import { fail } from "../src/errors.ts";

const builtIn = ["String", "Int", "Float", "Boolean", "ID", "Query", "Mutation", "Subscription"];

/** Who made which GraphQL name: two makers of one name are an error that names both. */
export class TypeNames {
  readonly #makers = new Map<string, string>(builtIn.map((name) => [name, "GraphQL itself"]));

  /** Takes a name of a type, or of a root field as `Query.article`. The same maker may take it again. */
  claim(name: string, maker: string): string {
    const other = this.#makers.get(name);
    if (other !== undefined && other !== maker) {
      throw fail("BAD_REQUEST", `The GraphQL name ${name} would be made by ${other} and by ${maker}. Rename one of them`);
    }
    this.#makers.set(name, maker);
    return name;
  }
}

/** What makes a name, as errors say it. */
export const maker = (resource: string, path?: string): string => (path ? `field ${path} of resource ${resource}` : `resource ${resource}`);

/** The legal GraphQL name for a value that a spec allows: itself where it is one. */
export function legalName(value: string): string {
  const name = value.replace(/[^A-Za-z0-9_]/g, "_").replace(/^__+/, "_");
  if (name === "" || /^[0-9]/.test(name) || name === "true" || name === "false" || name === "null") return `_${name}`;
  return name;
}

/** `large-image` → `LargeImage`: for the names of types. */
export const typeNamePart = (value: string): string =>
  value
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
