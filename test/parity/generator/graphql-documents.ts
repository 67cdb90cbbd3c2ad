import { type GraphQLSchema, getNamedType, isObjectType } from "graphql";
import type { ResourceSpec } from "../../../src/index.ts";
import { upperFirst } from "../../../src/spec/letter-case.ts";
import type { Json } from "../../support/json.ts";
import { decoded, selectionOf } from "./graphql-shape.ts";
import type { Outcome } from "./step.ts";

const meta = "meta { version createdAt createdBy updatedAt updatedBy deletedAt revisionCount schemaVersion status }";
const info = "id number parent status hash createdAt createdBy updatedAt updatedBy schemaVersion";
export const failure =
  "... on Error { code message } ... on ValidationFailed { issues { path message code } } ... on VersionMismatch { expected actual } ... on UniqueViolation { field holder: id }";
const around = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const event = "cursor kind resourceId version at by revision { id } previous { id }";

const lower = (part: Json): Json => ({ ...part, status: part.status.toLowerCase() });

/** Answers as the other doors give them. */
export const resourceOf = (spec: ResourceSpec, { id, meta, revision, ...data }: Json, prefix = ""): Json => ({
  id,
  data: decoded(spec.fields, data, prefix),
  meta: lower(meta),
  revision: lower(revision),
});
export const revisionOf = (spec: ResourceSpec, { data, ...rest }: Json): Json => ({ ...lower(rest), data: decoded(spec.fields, data) });
export const pageOf = ({ nodes, pageInfo, totalCount }: Json, item: (node: Json) => Json): Outcome => ({
  items: nodes.map(item),
  pageInfo,
  totalCount,
});
export const refusalOf = ({ code, message, issues, expected, actual, field, holder, __typename: _ }: Json): Outcome => ({
  code,
  message,
  ...(issues ? { issues } : {}),
  ...(expected === undefined ? {} : { expected, actual }),
  ...(field ? { field } : {}),
  ...(holder ? { id: holder } : {}),
});

/** The documents of one spec. They are fixed: what a step says goes into variables, and what is absent there is absent. */
export class Documents {
  readonly spec: ResourceSpec;
  readonly resource: string;
  readonly revision: string;
  readonly #schema: GraphQLSchema;

  constructor(schema: GraphQLSchema, spec: ResourceSpec) {
    this.#schema = schema;
    this.spec = spec;
    this.resource = this.resourceWith("");
    this.revision = `${info} data { ${this.#fields(`${spec.names.type}Data`, "")} }`;
  }

  /** A fragment's fields may not meet those of another type under one name. */
  resourceWith(prefix: string): string {
    return `id ${this.#fields(this.spec.names.type, prefix)} ${meta} revision { ${info} }`;
  }

  #fields(type: string, prefix: string): string {
    const found = this.#schema.getType(type);
    return isObjectType(found) ? selectionOf(found, this.spec.fields, prefix) : "";
  }

  /** One write. */
  write(verb: string): string {
    const { names, key } = this.spec;
    const args: Record<string, string> = {
      ...(verb === "create" || verb === "upsert" ? {} : { id: "ID!" }),
      ...(verb === "create" || verb === "upsert"
        ? { data: `Create${names.type}Input!`, idempotencyKey: "String" }
        : { ifVersion: verb === "modify" ? "Int!" : "Int" }),
      ...(verb === "upsert" ? { by: `${names.type}Unique!` } : {}),
      ...(verb === "create" && key === true ? { key: "String" } : {}),
      ...(verb === "update" ? { data: `Update${names.type}Input!` } : {}),
      ...(verb === "patch" || verb === "modify" ? { merge: `Patch${names.type}Input`, operations: "[JsonPatchOperation!]" } : {}),
      ...(verb === "switch" ? { revision: "Int!" } : {}),
      ...(["create", "update", "patch", "modify"].includes(verb) ? { status: "RevisionStatus" } : {}),
    };
    return operation("mutation", args, `${verb}${names.type}`, this.#result(verb));
  }

  /** One action on so many resources, one after the other. */
  act(name: string, rows: number): string {
    const { names, actions } = this.spec;
    const action = actions.find((each) => each.name === name);
    const type = upperFirst(name) + names.type;
    const success = this.#schema.getType(`${type}Success`);
    const answer = isObjectType(success) ? getNamedType(success.getFields().output?.type) : undefined;
    const output = action?.output && isObjectType(answer) ? `output { ${selectionOf(answer, action.output.fields)} }` : "";
    const args: Record<string, string> = {
      id: "ID!",
      ifVersion: "Int",
      idempotencyKey: "String",
      ...(action?.input ? { input: `${type}Input!` } : {}),
    };
    const selection = `{ ... on ${type}Success { ${names.one} { ${this.resource} } changed ${output} } ${failure} }`;
    const of = (i: number) => Object.entries(args).map(([arg, kind]) => ({ arg, kind, variable: `${arg}${i}` }));
    const all = Array.from({ length: rows }, (_, i) => i);
    const declared = all.flatMap((i) => of(i).map(({ kind, variable }) => `$${variable}: ${kind}`));
    const fields = all.map((i) => `r${i}: ${name}${names.type}(${of(i).map(({ arg, variable }) => `${arg}: $${variable}`)}) ${selection}`);
    return `mutation (${declared}) { ${fields.join(" ")} }`;
  }

  /** One kind of write to many. */
  bulk(verb: string): string {
    const { names, key } = this.spec;
    const args: Record<string, string> =
      verb === "create"
        ? { data: `[Create${names.type}Input!]!`, status: "RevisionStatus", ...(key === true ? { keys: "[String!]" } : {}) }
        : { rows: `[${upperFirst(verb)}${names.type}Operation!]!` };
    return operation("mutation", args, `${verb}${names.types}`, this.#result(verb));
  }

  #result(verb: string): string {
    const { names } = this.spec;
    const success = verb === "purge" ? "id changed" : `${names.one} { ${this.resource} } changed ${verb === "upsert" ? "created" : ""}`;
    return `{ ... on ${upperFirst(verb)}${names.type}Success { ${success} } ${failure} }`;
  }

  get(): string {
    return operation("query", { id: "ID!", includeDeleted: "Boolean" }, this.spec.names.one, `{ ${this.resource} }`);
  }

  revisionBy(args: Readonly<Record<string, string>>): string {
    return operation("query", { id: "ID!", ...args }, `${this.spec.names.one}Revision`, `{ ${this.revision} }`);
  }

  /** A part of a resource; the history of a deleted one is there. */
  part(args: Readonly<Record<string, string>>, name: string, selection: string, deleted: boolean): string {
    const declared = Object.entries({ id: "ID!", ...args }).map(([arg, type]) => `$${arg}: ${type}`);
    const passed = Object.keys(args).map((arg) => `${arg}: $${arg}`);
    return `query (${declared}) { result: ${this.spec.names.one}(id: $id, includeDeleted: ${deleted}) { ${name}${passed.length > 0 ? `(${passed})` : ""} ${selection} } }`;
  }

  revisions = (): string => this.part(pages, "revisions", `{ nodes { ${this.revision} } ${around} }`, true);
  diff = (): string => this.part({ from: "Int!", to: "Int" }, "diff", "{ from to operations { op path from value } paths }", true);
  referrers = (): string => this.part({}, "referrers", "{ type field count ids }", false);

  search(): string {
    const { names } = this.spec;
    const args = { where: `${names.type}Where`, orderBy: `[${names.type}OrderBy!]`, ...pages, includeDeleted: "Boolean" };
    return operation("query", args, names.many, `{ nodes { ${this.resource} } ${around} }`);
  }

  searchAsOf(): string {
    const { names } = this.spec;
    const args = {
      at: "DateTime!",
      where: `${names.type}PastWhere`,
      orderBy: `[${names.type}OrderBy!]`,
      ...pages,
      includeDeleted: "Boolean",
    };
    return operation("query", args, `${names.many}AsOf`, `{ nodes { ${this.revision} } ${around} }`);
  }

  count = (): string => operation("query", { where: `${this.spec.names.type}Where` }, `${this.spec.names.one}Count`, "");

  aggregate(measures: string): string {
    const { names } = this.spec;
    const args = { where: `${names.type}Where`, groupBy: `[${names.type}GroupBy!]`, first: "Int", includeDeleted: "Boolean" };
    return operation("query", args, `${names.one}Aggregate`, `{ count ${measures} }`);
  }

  changes(): string {
    const { names } = this.spec;
    return operation(
      "subscription",
      { where: `${names.type}EventWhere`, kinds: "[ChangeKind!]", after: "String" },
      `${names.one}Changed`,
      `{ ${event} }`,
    );
  }
}

export const allChanges = operation("subscription", { after: "String" }, "resourceChanged", `{ type ${event} }`);

const pages = { first: "Int", last: "Int", after: "String", before: "String" };

export function operation(kind: string, args: Readonly<Record<string, string>>, field: string, selection: string): string {
  const declared = Object.entries(args).map(([name, type]) => `$${name}: ${type}`);
  const passed = Object.keys(args).map((name) => `${name}: $${name}`);
  return `${kind} (${declared}) { result: ${field}(${passed}) ${selection} }`;
}
