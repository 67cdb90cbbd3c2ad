import { isDeepStrictEqual } from "node:util";
import type { Field, ResourceSpec } from "../../../src/index.ts";
import type { Json } from "../../support/json.ts";
import { allChanges, Documents, failure, operation, pageOf, refusalOf, resourceOf, revisionOf } from "./graphql-documents.ts";
import { decodedGroups, encodedOrder, encodedWhere, groupKey, measuresSelected } from "./graphql-query.ts";
import { decoded, encoded } from "./graphql-shape.ts";
import { eventsOf } from "./graphql-stream.ts";
import { specs } from "./specs.ts";
import type { Door, Outcome, Step, StepOf } from "./step.ts";
import type { Twin } from "./twin.ts";

type Answer = { readonly data?: Json; readonly errors?: readonly Json[] };

export function graphqlDoor(twin: Twin): Door {
  const all = new Map<string, Documents>(specs.map((spec) => [spec.name, new Documents(twin.platform.schema, spec)]));
  const made = new Map<string, string>();
  /** Each document is made once. */
  const text = (name: string, make: () => string): string => {
    const document = made.get(name) ?? make();
    made.set(name, document);
    return document;
  };
  return {
    name: "graphql",
    run: async (step) => {
      if (step.op === "changes") return changesOf(twin, all, step);
      const documents = all.get(step.op === "transact" ? "" : step.type);
      const [document, variables] = documents ? requestOf(documents, step, text) : transaction(all, step as StepOf<"transact">, text);
      const answer: Answer = await (await twin.platform.fetch(post({ query: document, variables }, "application/json"))).json();
      if (!("data" in answer)) return { ...errorOf(answer.errors?.[0]), refusedByTypes: true };
      if (documents && acts(step)) return actedOf(documents.spec, step as Acting, answer);
      if (answer.errors && !Array.isArray(answer.data?.result)) return errorOf(answer.errors[0]);
      return documents ? outcomeOf(documents.spec, step, answer) : committedOf(answer);
    },
  };
}

export const post = (body: unknown, accept: string): Request =>
  new Request("http://door/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
  });

const errorOf = ({ message, extensions }: Json): Outcome => {
  const { code, ...details } = extensions;
  return { code, message, ...details };
};

type Text = (name: string, make: () => string) => string;
type Variables = Readonly<Record<string, unknown>>;

const upper = (status: unknown): unknown => (typeof status === "string" ? status.toUpperCase() : status);

/** What a write takes, as GraphQL's inputs say it. */
function argumentsOf(spec: ResourceSpec, row: Variables): Variables {
  const { type: _type, op: _op, current: _current, action, ...args } = row;
  const taken = action === undefined ? undefined : fieldsOf(spec, action).input;
  const of = (name: string, value: unknown) => {
    if (name === "status") return upper(value);
    // What takes nothing has no argument for it.
    if (taken && name === "input") return isDeepStrictEqual(value, {}) && taken.length === 0 ? undefined : encoded(taken, value);
    return name === "data" || name === "merge" || name === "by" ? encoded(spec.fields, value) : value;
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, of(name, value)]));
}

/** Of an action what it takes and what it answers. */
function fieldsOf({ actions }: ResourceSpec, name: unknown): { readonly input: readonly Field[]; readonly output: readonly Field[] } {
  const action = actions.find((each) => each.name === name);
  return { input: action?.input?.fields ?? [], output: action?.output?.fields ?? [] };
}

type Acting = StepOf<"action" | "batch">;
const acts = (step: Step): boolean => step.op === "action" || (step.op === "batch" && step.verb === "action");
const actsOf = (step: Acting): readonly Variables[] => (step.op === "action" ? [{ ...step }] : step.rows);

/** All rows are of one action. */
function actionRequest(documents: Documents, step: Acting, text: Text): readonly [string, Variables] {
  const { spec } = documents;
  const rows = actsOf(step);
  const name = String(rows[0]?.action);
  const variables = rows.flatMap((row, i) => Object.entries(argumentsOf(spec, row)).map(([arg, value]) => [arg + i, value]));
  return [text(`${spec.name} ${name} ${rows.length}`, () => documents.act(name, rows.length)), Object.fromEntries(variables)];
}

function actedOf(spec: ResourceSpec, step: Acting, { data, errors = [] }: Answer): Outcome {
  const results = actsOf(step).map(({ action }, i): Outcome => {
    const result = data?.[`r${i}`];
    if (!result) return errorOf(errors[0]);
    const { output, ...done } = writtenOf(spec, result);
    return { ...done, ...(output ? { output: decoded(fieldsOf(spec, action).output, output) } : {}) };
  });
  return step.op === "action" ? { ...results[0] } : { rows: results };
}

function requestOf(documents: Documents, step: Exclude<Step, { readonly op: "changes" }>, text: Text): readonly [string, Variables] {
  const { spec } = documents;
  const named = (name: string, make: () => string) => text(`${spec.name} ${name}`, make);
  const { op, ...rest } = step;
  const where = "where" in step ? encodedWhere(spec, step.where) : undefined;
  switch (step.op) {
    case "get":
      if (step.asOf !== undefined) return [named("asOf", () => documents.revisionBy({ asOf: "DateTime" })), rest];
      return [named(op, () => documents.get()), rest];
    case "revision":
      return [named(op, () => documents.revisionBy({ number: "Int!" })), rest];
    case "revisions":
    case "diff":
    case "referrers":
      return [named(op, () => documents[step.op]()), rest];
    case "search": {
      const variables = { ...rest, where, orderBy: encodedOrder(step.orderBy), at: step.asOf };
      return step.asOf === undefined
        ? [named(op, () => documents.search()), variables]
        : [named("searchAsOf", () => documents.searchAsOf()), variables];
    }
    case "count":
      return [named(op, () => documents.count()), { where }];
    case "aggregate":
      return [documents.aggregate(measuresSelected(step)), { ...rest, where, groupBy: step.groupBy?.map(groupKey) }];
    case "action":
      return actionRequest(documents, step, text);
    case "batch": {
      if (acts(step)) return actionRequest(documents, step, text);
      const rows = step.rows.map((row) => argumentsOf(spec, row));
      const keys = rows.map(({ key }) => key);
      const creates = {
        data: rows.map(({ data }) => data),
        status: upper(step.status),
        ...(keys.some((key) => key !== undefined) ? { keys } : {}),
      };
      return [named(`${step.verb} many`, () => documents.bulk(step.verb)), step.verb === "create" ? creates : { rows }];
    }
    default:
      return [named(op, () => documents.write(op)), argumentsOf(spec, step as unknown as Variables)];
  }
}

function transaction(
  all: ReadonlyMap<string, Documents>,
  { rows, idempotencyKey }: StepOf<"transact">,
  text: Text,
): readonly [string, Variables] {
  const document = text("transact", () => {
    const fragments = [...all].map(([name, documents]) => `... on ${documents.spec.names.type} { ${documents.resourceWith(`${name}_`)} }`);
    const selection = `{ ... on TransactSuccess { results { id changed created output resource { __typename ${fragments.join(" ")} } } } ... on TransactFailed { index error { ${failure} } } }`;
    return operation("mutation", { operations: "[Operation!]!", idempotencyKey: "String" }, "transact", selection);
  });
  const operations = rows.map((row) => {
    const spec = all.get(String(row.type))?.spec;
    return spec ? { [`${row.op === "action" ? row.action : row.op}${spec.names.type}`]: argumentsOf(spec, row) } : row;
  });
  return [document, { operations, idempotencyKey }];
}

function committedOf({ data: { result } }: Answer): Outcome {
  if (!result.results) return { ...refusalOf(result.error), ...(result.index === null ? {} : { index: result.index }) };
  const rows = result.results.map(({ resource, id, changed, created, output }: Json) => {
    const spec = specs.find(({ names }) => names.type === resource?.__typename);
    if (!spec) return { id, changed, created, output };
    const { __typename: _, ...rest } = resource;
    return { resource: resourceOf(spec, rest, `${spec.name}_`), changed, created, output };
  });
  return { rows };
}

const writtenOf = (spec: ResourceSpec, result: Json): Outcome => {
  if (result.code) return refusalOf(result);
  const { [spec.names.one]: resource, ...rest } = result;
  return resource ? { resource: resourceOf(spec, resource), ...rest } : rest;
};

function outcomeOf(spec: ResourceSpec, step: Step, { data: { result }, errors = [] }: Answer): Outcome {
  if (result === null) return { code: "null" };
  const revision = (each: Json) => revisionOf(spec, each);
  switch (step.op) {
    case "get":
      return step.asOf === undefined ? { resource: resourceOf(spec, result) } : { revision: revision(result) };
    case "revision":
      return { revision: revision(result) };
    case "revisions":
      return pageOf(result.revisions, revision);
    case "diff":
      return result.diff;
    case "referrers":
      return {
        groups: result.referrers.map(({ type, ...group }: Json) => ({
          type: specs.find(({ names }) => names.prefix.toUpperCase() === type)?.name,
          ...group,
        })),
      };
    case "search":
      return pageOf(result, step.asOf === undefined ? (each) => resourceOf(spec, each) : revision);
    case "count":
      return { count: result };
    case "aggregate":
      return { groups: decodedGroups(spec, result) };
    case "batch":
      return {
        rows: result.map((row: Json, i: number) => (row ? writtenOf(spec, row) : errorOf(errors.find(({ path }) => path[1] === i)))),
      };
    default:
      return writtenOf(spec, result);
  }
}

async function changesOf(twin: Twin, all: ReadonlyMap<string, Documents>, step: StepOf<"changes">): Promise<Outcome> {
  const documents = step.type === undefined ? undefined : all.get(step.type);
  const where = documents ? encodedWhere(documents.spec, step.where) : undefined;
  const variables = { after: step.after, where, kinds: step.kinds?.map((kind) => kind.toUpperCase()) };
  const response = await twin.platform.fetch(post({ query: documents?.changes() ?? allChanges, variables }, "text/event-stream"));
  const items: Json[] = [];
  for await (const { data, errors } of eventsOf(response)) {
    if (errors) return { ...errorOf(errors[0]), ...(data === undefined ? { refusedByTypes: true } : {}) };
    const { kind, resourceId, revision, previous, type, ...event } = data.result;
    const number = (node: Json) => (node ? Number(node.id.split(":")[1]) : null);
    const name = step.type ?? specs.find(({ names }) => names.prefix.toUpperCase() === type)?.name ?? null;
    if (kind !== "READY" && kind !== "BOOKMARK")
      items.push({
        ...event,
        kind: kind.toLowerCase(),
        type: name,
        id: resourceId,
        revision: number(revision),
        previous: number(previous),
      });
    if (items.length >= step.expect) break;
  }
  return { items };
}
