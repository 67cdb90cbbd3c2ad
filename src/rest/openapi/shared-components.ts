import { changeKinds } from "../../storage/rows.ts";
import { type Parameter, type Schema, schemaRef } from "./operation.ts";

const text: Schema = { type: "string" };
const instant: Schema = { type: "string", format: "date-time" };
const number: Schema = { type: "integer", minimum: 1 };
const status: Schema = { type: "string", enum: ["draft", "stable"] };
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema.type, "null"] });

const closed = (properties: Record<string, Schema>, description: string): Schema => ({
  type: "object",
  description,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

export const revisionProperties: Record<string, Schema> = {
  id: { type: "string", description: "Id of the resource, `:`, number" },
  number,
  parent: orNull(number),
  status,
  hash: { type: "string", description: "SHA-256 of the data as canonical JSON" },
  createdAt: instant,
  createdBy: text,
  updatedAt: instant,
  updatedBy: text,
  schemaVersion: number,
};

const event = {
  cursor: { type: "string", description: "Where reading goes on after this event" },
  kind: { type: "string", enum: [...changeKinds, "ready", "left", "bookmark"] },
  type: { type: ["string", "null"], description: "Name of the spec" },
  id: { type: ["string", "null"] },
  revision: orNull(number),
  previous: orNull(number),
  version: orNull(number),
  at: orNull(instant),
  by: { type: ["string", "null"] },
};

export const sharedSchemas = (): Record<string, Schema> => ({
  Meta: closed(
    {
      version: { ...number, description: "Grows by one with every committed change" },
      createdAt: instant,
      createdBy: text,
      updatedAt: instant,
      updatedBy: text,
      deletedAt: orNull(instant),
      revisionCount: number,
      schemaVersion: number,
      status,
    },
    "What is known of a resource besides its data",
  ),
  Revision: closed(revisionProperties, "A revision without its data"),
  PageInfo: closed(
    {
      hasNextPage: { type: "boolean" },
      hasPreviousPage: { type: "boolean" },
      startCursor: { type: ["string", "null"] },
      endCursor: { type: ["string", "null"] },
    },
    "Where a page stands in its list",
  ),
  JsonPatch: {
    type: "array",
    description: "RFC 6902",
    items: {
      type: "object",
      properties: {
        op: { type: "string", enum: ["add", "remove", "replace", "move", "copy", "test"] },
        path: { type: "string", description: "JSON Pointer (RFC 6901)" },
        from: text,
        value: {},
      },
      required: ["op", "path"],
    },
  },
  Diff: closed(
    {
      from: number,
      to: number,
      operations: schemaRef("JsonPatch"),
      paths: { type: "array", items: text, description: "Dotted paths of the fields that differ" },
    },
    "What makes one revision of another",
  ),
  ReferrerGroup: closed(
    { type: text, field: text, count: number, ids: { type: "array", items: text } },
    "What refers to a resource by one field: how many, and the first of them",
  ),
  ChangeEvent: closed(event, "A change, or a word about the subscription itself"),
  ChangePage: closed(
    { items: { type: "array", items: schemaRef("ChangeEvent") }, cursor: text, hasMore: { type: "boolean" } },
    "Changes in order",
  ),
});

const query = (name: string, schema: Schema, description: string): Parameter => ({ name, in: "query", description, schema });
const header = (name: string, description: string): Parameter => ({ name, in: "header", description, schema: text });

const parameters: readonly Parameter[] = [
  query("first", { type: "integer", minimum: 0 }, "The first so many: 20 unless told, at most 200"),
  query("after", text, "A cursor: what comes after it"),
  query("last", { type: "integer", minimum: 0 }, "The last so many"),
  query("before", text, "A cursor: what comes before it"),
  query("includeDeleted", { type: "boolean" }, "Deleted ones too"),
  query("asOf", instant, "As it was at this instant (RFC 3339)"),
  query("fields", text, "Only these parts, by their paths with commas between them: `title,meta.version`"),
  query("expand", text, "Refs whose resources stand in place of their ids, with commas between them: `author,author.mentor`"),
  query("status", status, "Of the revision that is written: stable unless told"),
  query("where", text, "A filter as JSON, as in `POST …/search`"),
  query("orderBy", text, "Fields with commas between them; `-` before one is descending"),
  query("count", { type: "boolean" }, "Whether to answer `totalCount`"),
  query("kinds", text, `Kinds of changes with commas between them: ${changeKinds.join(", ")}`),
  query("limit", { type: "integer" }, "Polling: at most so many events"),
  query("wait", { type: "integer" }, "Polling: how many seconds to wait for the first event"),
  header("If-Match", "Tag of the version that was seen, or `*`: if the resource has moved on, nothing is written"),
  header("If-None-Match", "Tags that the client has: 304 where one is current"),
  header("Prefer", "`return=minimal` for an answer without a body (RFC 7240)"),
  header("Idempotency-Key", "1 to 255 visible ASCII characters: the same request again answers the first result"),
  header("Last-Event-ID", "Stream: the cursor that a browser has come to"),
];

export const sharedParameters = (): Record<string, Parameter> => Object.fromEntries(parameters.map((each) => [each.name, each]));

export const sharedHeaders = (): Record<string, Schema> => ({
  ETag: { description: "Tag of this state, for If-Match and If-None-Match", schema: text },
  Location: { description: "Path of the resource", schema: text },
  Link: { description: "Pages around this one (RFC 8288): next, prev", schema: text },
  "Idempotency-Replayed": { description: "true where an earlier request was answered again", schema: text },
  "X-Request-Id": { description: "The client's, or a new one", schema: text },
});
