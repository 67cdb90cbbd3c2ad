import { fail } from "../errors.ts";
import { inPlace } from "../manager/placed.ts";
import type { Operation, ResourceOperation } from "../manager/resource-operation.ts";
import type { Schema } from "./openapi/operation.ts";

interface Member {
  readonly says: string;
  readonly test: (value: unknown) => boolean;
  /** As JSON Schema. */
  readonly schema: Schema;
}

const isText = (value: unknown): boolean => typeof value === "string";
const text: Member = { says: "a string", test: isText, schema: { type: "string" } };
const anything: Member = { says: "a value", test: () => true, schema: {} };
const integer: Member = { says: "an integer", test: Number.isInteger, schema: { type: "integer" } };
const list: Member = { says: "a list", test: Array.isArray, schema: { type: "array", items: {} } };
const status: Member = {
  says: "draft or stable",
  test: (value) => value === "draft" || value === "stable",
  schema: { type: "string", enum: ["draft", "stable"] },
};
const object: Member = {
  says: "an object",
  test: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  schema: { type: "object" },
};

interface Shape {
  readonly needs: Readonly<Record<string, Member>>;
  readonly takes: Readonly<Record<string, Member>>;
  /** Exactly one of these. */
  readonly oneOf?: Readonly<Record<string, Member>>;
}

const patch = { merge: anything, operations: list };
const onId: Shape = { needs: { id: text }, takes: { ifVersion: integer } };

const shapes: Readonly<Record<ResourceOperation["op"], Shape>> = {
  create: { needs: { data: anything }, takes: { key: text, status, idempotencyKey: text, as: text } },
  upsert: { needs: { by: object, data: anything }, takes: { idempotencyKey: text, as: text } },
  update: { needs: { id: text, data: anything }, takes: { status, ifVersion: integer } },
  patch: { needs: { id: text }, takes: { status, ifVersion: integer }, oneOf: patch },
  modify: { needs: { id: text }, takes: { status, ifVersion: integer, revision: integer }, oneOf: patch },
  switch: { needs: { id: text, revision: integer }, takes: { ifVersion: integer } },
  action: { needs: { action: text, id: text }, takes: { input: object, ifVersion: integer, idempotencyKey: text } },
  delete: onId,
  restore: onId,
  purge: onId,
};

/**
 * Each operation that every spec has as JSON Schema.
 * @param more members that all need besides
 * @param special schemas of members by name, where they are known better
 */
export function operationSchemas(
  more: Readonly<Record<string, Schema>>,
  special: Readonly<Record<string, Schema>> = {},
): readonly Schema[] {
  const schemaOf = ([name, { schema }]: [string, Member]) => [name, special[name] ?? schema];
  const choices = ({ oneOf = {} }: Shape) => (Object.keys(oneOf).length === 0 ? [[]] : Object.entries(oneOf).map((choice) => [choice]));
  // Each action has a shape of its own.
  const shared = Object.entries(shapes).filter(([op]) => op !== "action");
  return shared.flatMap(([op, shape]) =>
    choices(shape).map((choice) => ({
      title: [op, ...choice.map(([name]) => name)].join(" "),
      type: "object",
      properties: {
        op: { const: op },
        ...more,
        ...Object.fromEntries([...Object.entries(shape.needs), ...choice, ...Object.entries(shape.takes)].map(schemaOf)),
      },
      required: ["op", ...Object.keys(more), ...Object.keys(shape.needs), ...choice.map(([name]) => name)],
      additionalProperties: false,
    })),
  );
}

/** The rows of `POST /articles/batch`. @throws BAD_REQUEST with the place of the row that is no operation */
export function batchRows(body: unknown): readonly ResourceOperation[] {
  return rowsOf(body, {});
}

/** The operations of `POST /transact`, each with the name of its spec. */
export function transactRows(body: unknown): readonly Operation[] {
  return rowsOf(body, { type: text });
}

function rowsOf<Row extends ResourceOperation>(body: unknown, needs: Readonly<Record<string, Member>>): readonly Row[] {
  if (!Array.isArray(body)) throw fail("BAD_REQUEST", "The body must be a list of operations");
  // Checked member by member.
  return body.map((row: unknown, index) => inPlace(index, () => checked(row, needs) as Row));
}

function checked(row: unknown, more: Readonly<Record<string, Member>>): unknown {
  const refuse = (message: string, field?: string) =>
    fail("BAD_REQUEST", message, field === undefined ? {} : { field: field.slice(0, 100) });
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw refuse("An operation is an object");
  const given = new Map<string, unknown>(Object.entries(row));
  const [op, shape] = Object.entries(shapes).find(([name]) => name === given.get("op")) ?? [];
  if (!shape) throw refuse(`op takes one of ${Object.keys(shapes).join(", ")}`, "op");
  const needs = { ...more, ...shape.needs };
  const known: Readonly<Record<string, Member>> = { op: text, ...needs, ...shape.takes, ...shape.oneOf };
  for (const [name, value] of given) {
    const member = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!member) throw refuse(`Member ${JSON.stringify(name.slice(0, 100))} is not known in ${op}: ${Object.keys(known).join(", ")}`, name);
    if (!member.test(value)) throw refuse(`Member ${name} takes ${member.says}`, name);
  }
  const missing = Object.keys(needs).find((name) => !given.has(name));
  if (missing !== undefined) throw refuse(`Member ${missing} is missing in ${op}`, missing);
  const choices = Object.keys(shape.oneOf ?? {});
  if (choices.length > 0 && choices.filter((name) => given.has(name)).length !== 1)
    throw refuse(`Give ${choices.join(" or ")}, one of them`, choices[0]);
  return row;
}
