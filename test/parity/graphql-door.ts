import type { Json } from "../support/json.ts";
import {
  type AggregateStep,
  type Door,
  measures,
  type Outcome,
  type ResourceOutcome,
  type RevisionOutcome,
  type Step,
  withoutNulls,
} from "./door.ts";

type Fetch = (request: Request) => Promise<Response>;

const fields =
  "title n tags extra kind place { city } unindexed code above: aboveId others: otherIds maker: makerId owner: ownerId hint: hintId";
const note = `id ${fields} meta { version status deletedAt revisionCount } revision { number }`;
const revision = `id parent status data { ${fields} }`;
const failure =
  "... on Error { code message } ... on ValidationFailed { issues { path } } ... on VersionMismatch { expected actual } ... on UniqueViolation { field } ... on ReferenceViolation { field target referrers { type field count } }";
const pageParts = "totalCount pageInfo { hasNextPage hasPreviousPage }";

/** Variables by name with their GraphQL types; the document uses those that the step has. */
const types: Record<string, string> = {
  id: "ID!",
  by: "NoteUnique!",
  key: "String",
  data: "CreateNoteInput!",
  status: "RevisionStatus",
  idempotencyKey: "String",
  ifVersion: "Int",
  input: "BumpNoteInput!",
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
  groupBy: "[NoteGroupBy!]",
  includeDeleted: "Boolean",
};

export const graphqlDoor = (fetch: Fetch): Door => ({
  name: "graphql",
  run: async (step) => {
    const send = async (query: string, variables: Record<string, unknown>) =>
      (
        await fetch(
          new Request("http://door/graphql", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ query, variables }),
          }),
        )
      ).json();
    if (step.op === "batch" || step.op === "transact") return manyOf(step, send);
    const { op, ...args } = step.op === "aggregate" ? argsOf(step) : step;
    const variables = Object.fromEntries(
      Object.entries(args)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, variable(name, value)]),
    );
    return outcomeOf(step, await send(documentOf(step, variables), variables));
  },
});

/** GraphQL's names of the statuses are those of the others in capitals. */
const lowerStatus = (groups: Json): unknown[] =>
  JSON.parse(
    JSON.stringify(groups, (key, value: unknown) => (key === "status" && typeof value === "string" ? value.toLowerCase() : value)),
  );

const enumName = (text: string): string => text.toUpperCase();

function variable(name: string, value: unknown): unknown {
  if (name === "groupBy" && Array.isArray(value)) return value.map((key: string) => key.replaceAll(".", "_"));
  if (name === "by" && Object.hasOwn(Object(value), "code")) return { nAndCode: value };
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
    case "aggregate":
      return `query${outer} { noteAggregate${args()} { count ${selectionOf(step)} } }`;
    default: {
      const type = `${step.op.charAt(0).toUpperCase()}${step.op.slice(1)}NoteSuccess`;
      const success =
        step.op === "purge"
          ? "id"
          : `note { ${note} }${step.op === "upsert" ? " created" : ""}${step.op === "bump" ? " changed output { from to }" : ""}`;
      return `mutation${outer} { result: ${step.op}Note${args()} { __typename ... on ${type} { ${success} } ${failure} } }`;
    }
  }
}

/** Measures are selected. */
function argsOf({ op, where, groupBy, first, includeDeleted }: AggregateStep) {
  return { op, where, groupBy, first, includeDeleted };
}

const selectionOf = ({ groupBy = [], ...step }: AggregateStep): string =>
  [["group", groupBy] as const, ...measures.map((measure) => [measure, step[measure] ?? []] as const)]
    .filter(([, keys]) => keys.length > 0)
    .map(
      ([name, keys]) => `${name} { ${keys.map((key) => key.replaceAll(".", " { ") + " }".repeat(key.split(".").length - 1)).join(" ")} }`,
    )
    .join(" ");

type Many = Extract<Step, { readonly op: "batch" | "transact" }>;

/** Operations in bulk, and as one unit of work. */
async function manyOf(step: Many, send: (query: string, variables: Record<string, unknown>) => Promise<unknown>): Promise<Outcome> {
  const capital = (text: unknown) => `${String(text).charAt(0).toUpperCase()}${String(text).slice(1)}`;
  const argsOf = ({ op: _, ...row }: Record<string, unknown>) => ({
    ...row,
    ...(row.status ? { status: enumName(String(row.status)) } : {}),
  });
  if (step.op === "transact") {
    const operations = step.rows.map(({ action, ...row }) => ({ [`${action ?? row.op}Note`]: argsOf(row) }));
    const document = `mutation ($operations: [Operation!]!, $idempotencyKey: String) { result: transact(operations: $operations, idempotencyKey: $idempotencyKey) { ... on TransactSuccess { results { id changed output } } ... on TransactFailed { index error { ${failure} } } } }`;
    const { data, errors } = (await send(document, { operations, idempotencyKey: step.idempotencyKey })) as Json;
    if (errors) return withIndex({ code: errors[0].extensions.code }, errors[0].extensions.index);
    const { results, index, error } = data.result;
    return results
      ? { rows: results.map(({ output, ...row }: Json) => (output ? { ...row, output } : row)) }
      : withIndex(failureOf(error), index);
  }
  const type = `${capital(step.verb)}NoteSuccess`;
  const success = `... on ${type} { ${step.verb === "purge" ? "id" : "note { id }"} changed } ${failure}`;
  const creates = step.verb === "create";
  const document = creates
    ? `mutation ($data: [CreateNoteInput!]!, $keys: [String!]) { result: createNotes(data: $data, keys: $keys) { ${success} } }`
    : `mutation ($rows: [${capital(step.verb)}NoteOperation!]!) { result: ${step.verb}Notes(rows: $rows) { ${success} } }`;
  const variables = creates
    ? { data: step.rows.map(({ data }) => data), keys: step.rows.map(({ key }) => key) }
    : { rows: step.rows.map(argsOf) };
  const { data, errors } = (await send(document, variables)) as Json;
  if (errors) return { code: errors[0].extensions.code };
  return { rows: data.result.map((row: Json) => (row.code ? failureOf(row) : { id: row.id ?? row.note.id, changed: row.changed })) };
}

const withIndex = (outcome: Outcome, index: unknown): Outcome => (typeof index === "number" ? ({ ...outcome, index } as Outcome) : outcome);

interface Answer {
  readonly data?: Record<string, never> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

function outcomeOf(step: Step, answer: unknown): Outcome {
  const { data, errors } = answer as Answer;
  if (errors) return { code: errors[0]?.extensions?.code ?? "none" };
  const found = data as unknown as Record<string, Json>;
  if (step.op === "count") return { count: Number(found.noteCount) };
  if (step.op === "aggregate") return { groups: lowerStatus(found.noteAggregate) };
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
  if (!result.code)
    return step.op === "delete" || step.op === "purge"
      ? { done: true }
      : {
          resource: resource(result.note),
          ...(step.op === "upsert" ? { created: result.created } : {}),
          ...(step.op === "bump" ? { changed: result.changed, output: result.output } : {}),
        };
  return failureOf(result);
}

function failureOf({ code, issues, expected, actual, field, target, referrers }: Json): Outcome {
  return {
    code,
    ...(issues ? { issues: issues.map(({ path }: Json) => path.join(".")) } : {}),
    ...(expected === undefined ? {} : { expected, actual }),
    ...(field ? { field } : {}),
    ...(referrers ? { id: target, referrers } : {}),
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
