import type { Json } from "../support/json.ts";
import { type Door, type Outcome, type ResourceOutcome, type RevisionOutcome, type Step, withoutNulls } from "./door.ts";

type Fetch = (request: Request) => Promise<Response>;

const fields = "title n tags extra kind place { city } unindexed above: aboveId others: otherIds";
const note = `id ${fields} meta { version status deletedAt revisionCount } revision { number }`;
const revision = `id parent status data { ${fields} }`;
const failure =
  "... on Error { code message } ... on ValidationFailed { issues { path } } ... on VersionMismatch { expected actual } ... on UniqueViolation { field }";
const pageParts = "totalCount pageInfo { hasNextPage hasPreviousPage }";

/** Variables by name with their GraphQL types; the document uses those that the step has. */
const types: Record<string, string> = {
  id: "ID!",
  key: "String",
  data: "CreateNoteInput!",
  status: "RevisionStatus",
  idempotencyKey: "String",
  ifVersion: "Int",
  merge: "PatchNoteInput",
  operations: "[JsonPatchOperation!]",
  revision: "Int!",
  number: "Int!",
  from: "Int!",
  to: "Int",
  first: "Int",
  last: "Int",
  after: "String",
  before: "String",
  where: "NoteWhere",
  orderBy: "[NoteOrderBy!]",
  includeDeleted: "Boolean",
};

export const graphqlDoor = (fetch: Fetch): Door => ({
  name: "graphql",
  run: async (step) => {
    const { op, ...args } = step;
    const variables = Object.fromEntries(
      Object.entries(args)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, variable(name, value)]),
    );
    const response = await fetch(
      new Request("http://door/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: documentOf(step, variables), variables }),
      }),
    );
    return outcomeOf(step, await response.json());
  },
});

const enumName = (text: string): string => text.toUpperCase();

function variable(name: string, value: unknown): unknown {
  if (name === "status") return enumName(String(value));
  if (name !== "orderBy" || !Array.isArray(value)) return value;
  return value.map((key: string) =>
    key
      .replace("-", "")
      .split(".")
      .reduceRight<unknown>((inner, part) => ({ [part]: inner }), key.startsWith("-") ? "DESC" : "ASC"),
  );
}

function documentOf(step: Step, variables: Record<string, unknown>): string {
  const declared = (names: readonly string[]) =>
    names
      .map(
        (name) =>
          `$${name}: ${name === "data" && step.op === "update" ? "UpdateNoteInput!" : name === "ifVersion" && step.op === "modify" ? "Int!" : types[name]}`,
      )
      .join(", ");
  const passed = (names: readonly string[]) => names.map((name) => `${name}: $${name}`).join(", ");
  const names = Object.keys(variables);
  const outer = names.length > 0 ? `(${declared(names)})` : "";
  const args = (skip: string[] = []) => {
    const rest = names.filter((name) => !skip.includes(name));
    return rest.length > 0 ? `(${passed(rest)})` : "";
  };
  switch (step.op) {
    case "get":
      return `query${outer} { note${args()} { ${note} } }`;
    case "revision":
      return `query${outer} { noteRevision${args()} { ${revision} } }`;
    case "revisions":
      return `query${outer} { note(id: $id) { revisions${args(["id"])} { nodes { ${revision} } ${pageParts} } } }`;
    case "diff":
      return `query${outer} { note(id: $id) { diff${args(["id"])} { operations { op path from value } paths } } }`;
    case "search":
      return `query${outer} { notes${args()} { nodes { ${note} } ${pageParts} } }`;
    case "count":
      return `query${outer} { noteCount${args()} }`;
    default: {
      const type = `${step.op.charAt(0).toUpperCase()}${step.op.slice(1)}NoteSuccess`;
      const success = step.op === "purge" ? "id" : `note { ${note} }`;
      return `mutation${outer} { result: ${step.op}Note${args()} { __typename ... on ${type} { ${success} } ${failure} } }`;
    }
  }
}

interface Answer {
  readonly data?: Record<string, never> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

function outcomeOf(step: Step, answer: unknown): Outcome {
  const { data, errors } = answer as Answer;
  if (errors) return { code: errors[0]?.extensions?.code ?? "none" };
  const found = data as unknown as Record<string, Json>;
  if (step.op === "count") return { count: Number(found.noteCount) };
  if (step.op === "search") return page(found.notes, resource);
  if (step.op === "get") return found.note ? { resource: resource(found.note) } : { code: "null" };
  if (step.op === "revision") return found.noteRevision ? { revision: revisionOf(found.noteRevision) } : { code: "null" };
  if (step.op === "revisions") return found.note ? page(found.note.revisions, revisionOf) : { code: "null" };
  if (step.op === "diff")
    return found.note
      ? { diff: { operations: found.note.diff.operations.map((each: Json) => withoutNulls(each)), paths: found.note.diff.paths } }
      : { code: "null" };
  return written(step, found.result);
}

function written(step: Step, result: Json): Outcome {
  if (!result.code) return step.op === "delete" || step.op === "purge" ? { done: true } : { resource: resource(result.note) };
  const { code, issues, expected, actual, field } = result;
  return {
    code,
    ...(issues ? { issues: issues.map(({ path }: Json) => path.join(".")) } : {}),
    ...(expected === undefined ? {} : { expected, actual }),
    ...(field ? { field } : {}),
  };
}

function resource({ id, meta, revision: { number }, ...data }: Json): ResourceOutcome {
  return {
    id,
    data: withoutNulls(data),
    version: meta.version,
    number,
    status: meta.status.toLowerCase(),
    deleted: meta.deletedAt !== null,
    count: meta.revisionCount,
  };
}

const revisionOf = ({ id, data, parent, status }: Json): RevisionOutcome => ({
  id,
  data: withoutNulls(data),
  parent,
  status: status.toLowerCase(),
});

function page(found: Json, outcome: (item: Json) => ResourceOutcome | RevisionOutcome): Outcome {
  return {
    items: found.nodes.map(outcome),
    total: found.totalCount,
    next: found.pageInfo.hasNextPage,
    previous: found.pageInfo.hasPreviousPage,
  };
}
