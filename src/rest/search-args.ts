import { fail } from "../errors.ts";
import { type AggregateArgs, measures } from "../spec/aggregate.ts";
import type { SearchArgs } from "../spec/query-builder.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { parseJson } from "./parse-json.ts";
import type { QueryParams } from "./query-params.ts";
import type { Shown } from "./representation.ts";
import { shortForms } from "./short-forms.ts";

/** A page of a search, as the query string asks for it. */
export function searchArgsOf(spec: ResourceSpec, query: QueryParams): SearchArgs {
  const page = pageArgsOf(query);
  const orderBy = query.text("orderBy")?.split(",");
  const total = query.flag("count");
  const asOf = query.text("asOf");
  return { orderBy, ...page, total, asOf, ...countArgsOf(spec, query) };
}

export function pageArgsOf(query: QueryParams): Pick<SearchArgs, "first" | "after" | "last" | "before"> {
  return { first: query.integer("first"), after: query.text("after"), last: query.integer("last"), before: query.text("before") };
}

/** What of each resource is answered. */
export const shownOf = (query: QueryParams): Shown => ({ fields: query.list("fields"), expand: query.list("expand") });

/** An aggregate: groups and measures by the names of fields, with commas between them. */
export function aggregateArgsOf(spec: ResourceSpec, query: QueryParams): AggregateArgs<NonNullable<SearchArgs["where"]>> {
  const keys = ["groupBy", ...measures].map((name) => [name, query.list(name)]);
  const first = query.integer("first");
  return { ...Object.fromEntries(keys), first, ...countArgsOf(spec, query) };
}

/** What is searched for; takes all parameters that are left, as short forms. */
export function countArgsOf(spec: ResourceSpec, query: QueryParams): Pick<SearchArgs, "where" | "includeDeleted"> {
  const json = query.text("where");
  const includeDeleted = query.flag("includeDeleted");
  const conditions = [...(json === undefined ? [] : [parseJson(json, "where")]), ...shortForms(spec, query.rest())];
  const where = conditions.length > 1 ? { and: conditions } : conditions[0];
  return { where: where as SearchArgs["where"], includeDeleted };
}

type Check = { readonly says: string; readonly test: (value: unknown) => boolean };

const isText = (value: unknown): boolean => typeof value === "string";
const integer: Check = { says: "an integer", test: Number.isInteger };
const text: Check = { says: "a string", test: isText };
const texts: Check = {
  says: "a string or a list of strings",
  test: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
};
const flag: Check = { says: "true or false", test: (value) => typeof value === "boolean" };

const members: Readonly<Record<string, Check>> = {
  where: { says: "an object", test: (value) => typeof value === "object" && value !== null && !Array.isArray(value) },
  orderBy: texts,
  first: integer,
  after: text,
  last: integer,
  before: text,
  count: flag,
  includeDeleted: flag,
  asOf: text,
  fields: texts,
  expand: texts,
};

/** The same from a body: `{ where, orderBy, first, after, last, before, count, includeDeleted, asOf, fields, expand }`. */
export function searchOfBody(body: unknown): { readonly args: SearchArgs; readonly shown: Shown } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw fail("BAD_REQUEST", "The body must be an object");
  for (const [name, value] of Object.entries(body)) {
    const check = Object.hasOwn(members, name) ? members[name] : undefined;
    if (!check)
      throw fail("BAD_REQUEST", `Member ${JSON.stringify(name.slice(0, 100))} is not known here: ${Object.keys(members).join(", ")}`, {
        field: name.slice(0, 100),
      });
    if (!check.test(value)) throw fail("BAD_REQUEST", `Member ${name} takes ${check.says}`, { field: name });
  }
  // Checked member by member above.
  const { count, fields, expand, ...args } = body as { count?: boolean; fields?: Texts; expand?: Texts } & SearchArgs;
  return { args: { ...args, total: count }, shown: { fields: listOf(fields), expand: listOf(expand) } };
}

type Texts = string | readonly string[];

/** As in a query string, one text holds names with commas between them. */
const listOf = (texts: Texts | undefined): readonly string[] | undefined => (typeof texts === "string" ? texts.split(",") : texts);
