import type { ErrorCode } from "../../errors.ts";

/** A JSON Schema of draft 2020-12, or a `$ref` to a component. */
export type Schema = Readonly<Record<string, unknown>>;

/** An alias, so that it is a Schema too. */
export type Reference = { readonly $ref: string };

/** https://spec.openapis.org/oas/v3.1.1#parameter-object */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "header" | "path";
  readonly description?: string;
  readonly required?: boolean;
  readonly style?: string;
  readonly explode?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface MediaType {
  readonly schema?: Schema;
  readonly example?: unknown;
}

/** https://spec.openapis.org/oas/v3.1.1#response-object */
export interface ResponseDescription {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface RequestBody {
  readonly description?: string;
  readonly required?: boolean;
  readonly content: Readonly<Record<string, MediaType>>;
}

/** What a route is, in the words of OpenAPI. Parameters of the path, and problems that any route may answer, are added. */
export interface OperationDescription {
  /** Made of the template's name and the resource's type unless told. */
  readonly operationId?: string;
  /** One line. */
  readonly summary: string;
  /** CommonMark. */
  readonly description?: string;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: RequestBody;
  /** By status; all that are no problem. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /** What it refuses, beside what every route may. */
  readonly problems?: readonly ErrorCode[];
  readonly tags?: readonly string[];
  /** Asks for no credentials, whatever the others do. */
  readonly open?: true;
}

export const schemaRef = (name: string): Reference => ({ $ref: `#/components/schemas/${name}` });
export const parameterRef = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` });
const headersOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** An answer of JSON: `schema` by the name of a component, or as it is. */
export const json = (description: string, schema: string | Schema, ...headers: readonly string[]): ResponseDescription => ({
  description,
  ...(headers.length > 0 ? { headers: headersOf(headers) } : {}),
  content: { "application/json": { schema: typeof schema === "string" ? schemaRef(schema) : schema } },
});

/** The same, or a line for each of its items. */
export function orLines(description: string, schema: string, ...headers: readonly string[]): ResponseDescription {
  const page = json(description, schema, ...headers);
  const lines: MediaType = {
    schema: { type: "string", description: "Each item as JSON on a line of its own; on a last one where to go on" },
  };
  return { ...page, content: { ...page.content, "application/x-ndjson": lines } };
}

/** An answer without a body. */
export const empty = (description: string, ...headers: readonly string[]): ResponseDescription => ({
  description,
  ...(headers.length > 0 ? { headers: headersOf(headers) } : {}),
});

export const jsonBody = (schema: string | Schema, example?: unknown): RequestBody => ({
  required: true,
  content: {
    "application/json": {
      schema: typeof schema === "string" ? schemaRef(schema) : schema,
      ...(example === undefined ? {} : { example }),
    },
  },
});

/** An object that has all of these members. */
export const objectOf = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** Codes that a write may be refused with because of its data. */
export const dataProblems: readonly ErrorCode[] = [
  "PAYLOAD_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "VALIDATION_FAILED",
  "UNIQUE_VIOLATION",
  "REFERENCE_VIOLATION",
  "CONFLICT",
];
/** Codes of a change of one resource that is there. */
export const changeProblems: readonly ErrorCode[] = ["NOT_FOUND", "GONE", "CONFLICT", "VERSION_MISMATCH", "PRECONDITION_REQUIRED"];
/** Codes of writes that have no body: they refuse forms. */
export const bodilessProblems: readonly ErrorCode[] = [
  ...changeProblems,
  "UNSUPPORTED_MEDIA_TYPE",
  "UNIQUE_VIOLATION",
  "REFERENCE_VIOLATION",
  "VALIDATION_FAILED",
];

/** Which parts of a resource are answered. */
export const shownParameters = ["fields", "expand"].map(parameterRef);
/** What writes answer to who prefers no body. */
export const minimalResponse = { 204: empty("As 200, for `Prefer: return=minimal`", "ETag") };
export const pageParameters = ["first", "after", "last", "before"].map(parameterRef);
