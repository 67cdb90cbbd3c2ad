import { type ErrorCode, errorCodes, errorTitle, httpStatus, isRetryable } from "../../errors.ts";
import { type Schema, schemaRef } from "./operation.ts";

const text: Schema = { type: "string" };
const count: Schema = { type: "integer" };

/** What a problem of that code always carries beside what all do. */
const details: Partial<Record<ErrorCode, readonly string[]>> = {
  VALIDATION_FAILED: ["issues"],
  VERSION_MISMATCH: ["actual"],
  METHOD_NOT_ALLOWED: ["allow"],
};

const issue: Schema = {
  type: "object",
  properties: {
    path: { type: "array", items: { type: ["string", "integer"] }, description: "Keys and indexes that lead to the value" },
    message: text,
    code: { type: "string", description: "As zod names it" },
  },
  required: ["path", "message", "code"],
};

const problem: Schema = {
  type: "object",
  description: "Problem details (RFC 9457) with `code`, which is one of a closed table",
  properties: {
    type: { type: "string", format: "uri" },
    title: text,
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "What happened, and what to do" },
    instance: { type: "string", description: "Path of the request" },
    code: schemaRef("ErrorCode"),
    requestId: { type: "string", description: "As in X-Request-Id, and in the log of the server" },
    resource: { type: "string", description: "Name of the spec" },
    id: text,
    field: text,
    issues: { type: "array", items: schemaRef("Issue") },
    expected: { type: "integer", description: "The version that the request named" },
    actual: { type: "integer", description: "The version that is there" },
    reason: text,
    referrers: {
      type: "array",
      description: "Of what cannot be removed: who refers to it, as far as the actor may know",
      items: {
        type: "object",
        properties: { type: { type: "string", description: "Name of the spec" }, field: text, count },
        required: ["type", "field", "count"],
      },
    },
    retryAfter: { type: "number", description: "Seconds" },
    index: { type: "integer", minimum: 0, description: "Place of the operation that was refused" },
    allow: { type: "array", items: text },
    plugin: { type: "string", description: "Whose handler refused or failed" },
  },
  required: ["type", "title", "status", "detail", "instance", "code", "requestId"],
};

const nameOf = (code: ErrorCode): string =>
  `${code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Problem`;

const ofCode = (code: ErrorCode): Schema => ({
  allOf: [
    schemaRef("Problem"),
    {
      type: "object",
      properties: { code: { const: code }, status: { const: httpStatus(code) } },
      required: details[code] ?? [],
    },
  ],
  title: errorTitle(code),
  examples: [
    {
      type: `urn:specstar:error:${code}`,
      title: errorTitle(code),
      status: httpStatus(code),
      detail: errorTitle(code),
      instance: "/",
      code,
      requestId: "01a2b3",
      ...(code === "VALIDATION_FAILED" ? { issues: [{ path: ["title"], message: "Invalid input", code: "invalid_type" }] } : {}),
      ...(code === "VERSION_MISMATCH" ? { expected: 2, actual: 3 } : {}),
      ...(code === "METHOD_NOT_ALLOWED" ? { allow: ["GET", "HEAD", "OPTIONS"] } : {}),
    },
  ],
});

/** The closed table of errors as schemas: `Problem`, and one for each code. */
export const problemSchemas = (): Record<string, Schema> => ({
  ErrorCode: { type: "string", enum: [...errorCodes] },
  Issue: issue,
  Problem: problem,
  ...Object.fromEntries(errorCodes.map((code) => [nameOf(code), ofCode(code)])),
});

/** What any route may answer. */
const always: readonly ErrorCode[] = [
  "BAD_REQUEST",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "NOT_ACCEPTABLE",
  "RATE_LIMITED",
  "INTERNAL",
  "DATA_CORRUPTION",
  "UNSUPPORTED",
  "UNAVAILABLE",
  "TIMEOUT",
];

/** Responses that were asked for, each once, by the codes in it. */
export class ProblemResponses {
  readonly components: Record<string, Schema> = {};

  /** `$ref`s by status, for the codes and those that any route may answer. */
  of(codes: readonly ErrorCode[]): Record<string, Schema> {
    const wanted = new Set([...always, ...codes]);
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of errorCodes) {
      if (!wanted.has(code)) continue;
      const status = httpStatus(code);
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries([...byStatus].map(([status, these]) => [status, { $ref: `#/components/responses/${this.#name(these)}` }]));
  }

  #name(codes: readonly ErrorCode[]): string {
    const name = codes.join(".");
    const schemas = codes.map((code) => schemaRef(nameOf(code)));
    this.components[name] ??= {
      description: codes.map((code) => `${code}: ${errorTitle(code)}`).join(" · "),
      headers: {
        "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
        ...(codes.some(isRetryable) ? { "Retry-After": { description: "Seconds after which to ask again", schema: count } } : {}),
      },
      content: { "application/problem+json": { schema: schemas.length === 1 ? schemas[0] : { oneOf: schemas } } },
    };
    return name;
  }
}
