import type { Json } from "../support/json.ts";
import { type Door, measures, type Outcome, type ResourceOutcome, type RevisionOutcome, type Step, withoutNulls } from "./door.ts";

type Fetch = (request: Request) => Promise<Response>;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export const restDoor = (fetch: Fetch): Door => ({
  name: "rest",
  run: async (step) => {
    const { method, path, query = {}, headers = {}, body } = callOf(step);
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === "object" ? JSON.stringify(value) : String(value)]],
      ),
    );
    const ifMatch: Record<string, string> =
      "ifVersion" in step && step.ifVersion !== undefined ? { "if-match": `"${step.id}.${step.ifVersion}"` } : {};
    const content: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const init = { method, headers: { ...content, ...headers, ...ifMatch }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(new Request(`http://door${step.op === "transact" ? "" : "/notes"}${path}?${search}`, init));
    const created = step.op === "upsert" ? { created: response.status === 201 } : {};
    const outcome = outcomeOf(step, response.status === 204 ? undefined : await response.json());
    return "resource" in outcome ? { ...outcome, ...created } : outcome;
  },
});

const patchOf = (step: Extract<Step, { op: "patch" | "modify" }>) => ({
  method: "PATCH",
  headers: { "content-type": step.operations ? "application/json-patch+json" : "application/merge-patch+json" },
  body: step.operations ?? step.merge,
});

function callOf(step: Step): Call {
  switch (step.op) {
    case "create":
      return {
        method: "POST",
        path: "",
        query: { status: step.status, key: step.key },
        body: step.data,
        ...(step.idempotencyKey ? { headers: { "idempotency-key": step.idempotencyKey } } : {}),
      };
    case "upsert":
      return {
        method: "PUT",
        path: "",
        query: step.by,
        body: step.data,
        ...(step.idempotencyKey ? { headers: { "idempotency-key": step.idempotencyKey } } : {}),
      };
    case "batch":
      return { method: "POST", path: "/batch", body: step.rows.map((row) => ({ op: step.verb, ...row })) };
    case "transact":
      return {
        method: "POST",
        path: "/transact",
        body: step.rows.map((row) => ({ type: "note", ...row })),
        ...(step.idempotencyKey ? { headers: { "idempotency-key": step.idempotencyKey } } : {}),
      };
    case "update":
      return { method: "PUT", path: `/${step.id}`, query: { status: step.status }, body: step.data };
    case "patch":
      return { ...patchOf(step), path: `/${step.id}`, query: { status: step.status } };
    case "modify":
      return { ...patchOf(step), path: `/${step.id}/revisions/1`, query: { status: step.status } };
    case "bump":
      return {
        method: "POST",
        path: `/${step.id}/bump`,
        body: step.input,
        ...(step.idempotencyKey ? { headers: { "idempotency-key": step.idempotencyKey } } : {}),
      };
    case "switch":
      return { method: "POST", path: `/${step.id}/switch/${step.revision}` };
    case "delete":
      return { method: "DELETE", path: `/${step.id}` };
    case "restore":
    case "purge":
      return { method: "POST", path: `/${step.id}/${step.op}` };
    case "get":
      return { method: "GET", path: `/${step.id}`, query: { includeDeleted: step.includeDeleted } };
    case "revision":
      return { method: "GET", path: `/${step.id}/revisions/${step.number}` };
    case "revisions":
      return {
        method: "GET",
        path: `/${step.id}/revisions`,
        query: { first: step.first, last: step.last, after: step.after, before: step.before },
      };
    case "diff":
      return { method: "GET", path: `/${step.id}/diff`, query: { from: step.from, to: step.to } };
    case "search":
      return { method: "GET", path: "", query: { ...step, op: undefined, orderBy: step.orderBy?.join(","), count: true } };
    case "count":
      return { method: "GET", path: "/count", query: { where: step.where } };
    case "aggregate": {
      const keys = ["groupBy", ...measures] as const;
      const lists = Object.fromEntries(keys.map((key) => [key, step[key]?.join(",")]));
      const { where, first, includeDeleted } = step;
      return { method: "GET", path: "/aggregate", query: { ...lists, where, first, includeDeleted } };
    }
  }
}

function outcomeOf(step: Step, body: Json): Outcome {
  if (body?.code) return failure(body);
  if (step.op === "batch" || step.op === "transact") return { rows: body.map(rowOf) };
  if (step.op === "delete" || step.op === "purge") return { done: true };
  if (step.op === "count") return { count: body.count };
  if (step.op === "aggregate") return { groups: body.groups };
  if (step.op === "diff") return { diff: { operations: body.operations, paths: body.paths } };
  if (step.op === "search") return page(body, resource);
  if (step.op === "revisions") return page(body, revisionOf);
  if (step.op === "revision") return { revision: revisionOf(body) };
  return { resource: resource(body), ...(step.op === "bump" ? { changed: body.changed, output: body.output } : {}) };
}

function failure({ code, issues, expected, actual, field, index, id, referrers }: Json): Outcome {
  return {
    code,
    ...(issues ? { issues: issues.map(({ path }: Json) => path.join(".")) } : {}),
    ...(code === "VERSION_MISMATCH" ? { expected, actual } : {}),
    ...(code === "UNIQUE_VIOLATION" ? { field } : {}),
    ...(code === "REFERENCE_VIOLATION" ? { ...(field ? { field } : {}), id, referrers: referrers ?? [] } : {}),
    ...(index === undefined ? {} : { index }),
  };
}

const rowOf = ({ problem, changed, output, resource: { id } = {}, ...row }: Json) =>
  problem ? failure(problem) : { id: id ?? row.id, changed, ...(output ? { output } : {}) };

export function resource({ id, data, meta, revision }: Json): ResourceOutcome {
  return {
    id,
    data: withoutNulls(data),
    version: meta.version,
    number: revision.number,
    status: meta.status,
    deleted: meta.deletedAt !== null,
    count: meta.revisionCount,
  };
}

export const revisionOf = ({ id, data, parent, status }: Json): RevisionOutcome => ({ id, data: withoutNulls(data), parent, status });

export function page(found: Json, outcome: (item: Json) => ResourceOutcome | RevisionOutcome): Outcome {
  return {
    items: found.items.map(outcome),
    total: found.totalCount,
    next: found.pageInfo.hasNextPage,
    previous: found.pageInfo.hasPreviousPage,
  };
}
