import type { Json } from "../../support/json.ts";
import { type Door, measures, type Outcome, type Step, type StepOf } from "./step.ts";
import type { Twin } from "./twin.ts";

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

export const restDoor = (twin: Twin): Door => ({
  name: "rest",
  run: async (step) => {
    const { method, path, query = {}, headers = {}, body } = callOf(twin, step);
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === "object" ? JSON.stringify(value) : String(value)]],
      ),
    );
    const given = Object.entries({ ...(body === undefined ? {} : { "content-type": "application/json" }), ...ifMatch(step), ...headers });
    const init = {
      method,
      headers: given.filter((header): header is [string, string] => header[1] !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await twin.platform.fetch(new Request(`http://door${path}?${search}`, init));
    const text = await response.text();
    return outcomeOf(step, text === "" ? {} : JSON.parse(text), response);
  },
});

const ifMatch = (step: Step): Record<string, string> =>
  "ifVersion" in step && step.ifVersion !== undefined ? { "if-match": `"${encodeURIComponent(step.id)}.${step.ifVersion}"` } : {};

const patchOf = (step: StepOf<"patch" | "modify">) => ({
  method: "PATCH",
  headers: { "content-type": step.operations ? "application/json-patch+json" : "application/merge-patch+json" },
  body: step.operations ?? step.merge ?? {},
});

function callOf(twin: Twin, step: Step): Call {
  if (step.op === "transact")
    return { method: "POST", path: "/transact", body: step.rows, headers: { "idempotency-key": step.idempotencyKey } };
  if (step.op === "changes") {
    const { type, after, where, kinds } = step;
    const path = type === undefined ? "/changes" : `/${twin.spec(type).names.path}/changes`;
    return { method: "GET", path, query: { after, where, kinds: kinds?.join(), limit: 200 } };
  }
  const { method, path, ...rest } = onResources(step);
  return { method, path: `/${twin.spec(step.type).names.path}${path}`, ...rest };
}

function onResources(step: Exclude<Step, { readonly op: "transact" | "changes" }>): Call {
  const id = "id" in step ? `/${encodeURIComponent(step.id)}` : "";
  switch (step.op) {
    case "create":
      return {
        method: "POST",
        path: "",
        query: { status: step.status, key: step.key },
        body: step.data,
        headers: { "idempotency-key": step.idempotencyKey },
      };
    case "upsert":
      return { method: "PUT", path: "", query: step.by, body: step.data, headers: { "idempotency-key": step.idempotencyKey } };
    case "batch":
      return {
        method: "POST",
        path: "/batch",
        body: step.rows.map((row) => ({ op: step.verb, ...(step.status ? { status: step.status } : {}), ...row })),
      };
    case "update":
      return { method: "PUT", path: id, query: { status: step.status }, body: step.data };
    case "patch":
      return { ...patchOf(step), path: id, query: { status: step.status } };
    case "modify":
      return { ...patchOf(step), path: `${id}/revisions/${step.current}`, query: { status: step.status } };
    case "action": {
      const headers = { "idempotency-key": step.idempotencyKey };
      return { method: "POST", path: `${id}/${step.action}`, headers, ...(step.input === undefined ? {} : { body: step.input }) };
    }
    case "switch":
      return { method: "POST", path: `${id}/switch/${step.revision}` };
    case "delete":
      return { method: "DELETE", path: id };
    case "restore":
    case "purge":
      return { method: "POST", path: `${id}/${step.op}` };
    case "get":
      return { method: "GET", path: id, query: { includeDeleted: step.includeDeleted, asOf: step.asOf } };
    case "revision":
      return { method: "GET", path: `${id}/revisions/${step.number}` };
    case "revisions":
      return {
        method: "GET",
        path: `${id}/revisions`,
        query: { first: step.first, last: step.last, after: step.after, before: step.before },
      };
    case "diff":
      return { method: "GET", path: `${id}/diff`, query: { from: step.from, to: step.to } };
    case "referrers":
      return { method: "GET", path: `${id}/referrers` };
    case "search":
      return {
        method: "GET",
        path: "",
        query: { ...step, op: undefined, type: undefined, orderBy: step.orderBy?.join(",") || undefined, count: true },
      };
    case "count":
      return { method: "GET", path: "/count", query: { where: step.where } };
    case "aggregate": {
      const keys = ["groupBy", ...measures] as const;
      const lists = Object.fromEntries(keys.map((key) => [key, step[key]?.join(",") || undefined]));
      return {
        method: "GET",
        path: "/aggregate",
        query: { ...lists, where: step.where, first: step.first, includeDeleted: step.includeDeleted },
      };
    }
  }
}

/** What a problem says of the request, and not of the error. */
const ofRequest: ReadonlySet<string> = new Set(["type", "title", "status", "instance", "requestId", "detail"]);

export const refusalOf = (problem: Json): Outcome => ({
  message: problem.detail,
  ...Object.fromEntries(Object.entries(problem).filter(([name]) => !ofRequest.has(name))),
});

function outcomeOf(step: Step, body: Json, { status, headers }: Response): Outcome {
  if (body.code !== undefined && body.status >= 400) return refusalOf(body);
  const once = { replayed: headers.get("idempotency-replayed") === "true" };
  switch (step.op) {
    case "create":
      return { resource: body, ...once };
    case "upsert":
      return { resource: body, created: status === 201, ...once };
    case "action": {
      const { changed, output, ...resource } = body;
      return { resource, changed, output, ...once };
    }
    case "batch":
    case "transact":
      return { rows: body.map(rowOf) };
    case "delete":
    case "purge":
      return { done: true };
    case "get":
    case "update":
    case "patch":
    case "modify":
    case "switch":
    case "restore":
      return { resource: body };
    case "revision":
      return { revision: body };
    case "referrers":
      return { groups: body.items };
    case "changes":
      return { items: body.items, cursor: body.cursor };
    default:
      return body;
  }
}

const rowOf = ({ problem, changed, resource, id, status, output }: Json): Outcome =>
  problem ? refusalOf(problem) : resource ? { resource, changed, created: status === 201, output } : { id, changed };
