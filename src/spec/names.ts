import pluralize from "pluralize";
import { kebabCase, snakeCase, upperFirst } from "./letter-case.ts";

/** Every name that is derived from a spec's name, made here and nowhere else. For `blogPost`: */
export interface Names {
  /** `blogPost`: the spec's name, the GraphQL field of one */
  readonly one: string;
  /** `blogPosts`: the GraphQL field of many */
  readonly many: string;
  /** `BlogPost`: the GraphQL type */
  readonly type: string;
  /** `BlogPosts`: in names of bulk mutations */
  readonly types: string;
  /** `blog-posts`: the REST path segment */
  readonly path: string;
  /** `blog_post`: what stands before the last `_` of an id */
  readonly prefix: string;
  /** `blog_post`: the table of the meta store */
  readonly table: string;
}

export function namesOf(one: string, plural: string = pluralize(one)): Names {
  const prefix = snakeCase(one);
  return { one, many: plural, type: upperFirst(one), types: upperFirst(plural), path: kebabCase(plural), prefix, table: tableName(one) };
}

/** The table of the spec of that name. */
export const tableName = (one: string): string => snakeCase(one);

/** `author` → `authorId`, `editors` → `editorIds`: the raw id beside the object that a ref resolves to. */
export const refIdName = (field: string, many: boolean): string => (many ? `${pluralize.singular(field)}Ids` : `${field}Id`);

/** Fields that the derived API needs for itself. */
export const reservedFields: ReadonlySet<string> = new Set([
  "id",
  "meta",
  "revision",
  "revisions",
  "diff",
  "referrers",
  "and",
  "or",
  "not",
  "prototype",
]);

/** Names that every object of JavaScript answers to, whether it has such a field or not. */
export const inheritedNames: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** GraphQL types that are not derived from a resource. */
export const reservedTypes: ReadonlySet<string> = new Set([
  "Error",
  "Node",
  "Resource",
  "Query",
  "Mutation",
  "Subscription",
  "Blob",
  "Operation",
]);

/** First path segments that are not resources. */
export const reservedPaths: ReadonlySet<string> = new Set([
  "graphql",
  "changes",
  "blobs",
  "transact",
  "health",
  "metrics",
  "docs",
  "export",
  "import",
  "openapi.json",
  "studio",
]);

/** What an action cannot be called: other operations, and what stands below `/articles` and `/articles/{id}` over REST. */
export const reservedActions: ReadonlySet<string> = new Set([
  ..."create upsert update patch modify switch delete restore purge transact batch".split(" "),
  ..."get search count aggregate revision revisions diff referrers subscribe changes export import".split(" "),
  // What JavaScript asks of any object, and of promises.
  ...inheritedNames,
  ...["prototype", "then"],
]);

/** Ids of a spec: its prefix, `_`, then a TypeID suffix or a chosen key. */
export const idPattern = (one: string): RegExp => new RegExp(`^${idText(one)}$`);
/** Ids of its revisions: the resource's id, `:`, then the number. */
export const revisionIdPattern = (one: string): RegExp => new RegExp(`^${idText(one)}:[1-9][0-9]{0,14}$`);
const idText = (one: string): string => `${snakeCase(one)}_[A-Za-z0-9][A-Za-z0-9-]{0,62}`;
