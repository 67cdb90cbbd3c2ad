import { GraphQLError, Kind, type ValueNode } from "graphql";
import { instantKey } from "../src/spec/instant.ts";

/**
 * Scalars pass values on as they are in the data: text as it was written, no Date objects.
 *
 * Names and meanings are those of graphql-scalars 2, and so are the hints for code generators. Its DateTime and Date make Date objects of
 * what is written, which lose offset and nanoseconds; its JSON and SafeInt do the same as these, but come as one module with sixty
 * others: 4 MiB.
 */

interface Scalar<T> {
  readonly description: string;
  readonly specifiedByURL?: string;
  /** What graphql-codegen takes for it where it is given the schema itself. */
  readonly extensions: { readonly codegenScalarType: string };
  readonly serialize: (value: T) => unknown;
  readonly parseValue: (value: unknown) => T;
  readonly parseLiteral: (node: ValueNode, variables?: Readonly<Record<string, unknown>> | null) => T;
}

const same = <T>(value: T): unknown => value;

function scalar<T>(description: string, kind: Kind, parse: (value: unknown) => T | undefined, expected: string): Scalar<T> {
  const refuse = (shown: string, node?: ValueNode) =>
    new GraphQLError(`Expected ${expected}, found ${shown.slice(0, 100)}`, node ? { nodes: node } : {});
  return {
    description,
    extensions: { codegenScalarType: kind === Kind.INT ? "number" : "string" },
    serialize: same,
    parseValue: (value) => {
      const parsed = parse(value);
      if (parsed === undefined) throw refuse(typeof value === "object" ? typeof value : JSON.stringify(value));
      return parsed;
    },
    parseLiteral: (node) => {
      const parsed = node.kind === kind && "value" in node ? parse(kind === Kind.INT ? Number(node.value) : node.value) : undefined;
      if (parsed === undefined) throw refuse("value" in node ? String(node.value) : node.kind, node);
      return parsed;
    },
  };
}

export const date = scalar(
  "A calendar date: 2026-01-31",
  Kind.STRING,
  (value) =>
    typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && instantKey(`${value}T00:00:00Z`)?.startsWith(value)
      ? value
      : undefined,
  "a date like 2026-01-31",
);

const dateTimeText = scalar(
  "An instant as RFC 3339 text with an offset: 2026-01-31T12:00:00Z. Answers give it as it was written",
  Kind.STRING,
  (value) => (typeof value === "string" && instantKey(value) !== null ? value : undefined),
  "an instant like 2026-01-31T12:00:00Z",
);
export const dateTime = { ...dateTimeText, specifiedByURL: "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6" };

export const safeInt = scalar(
  "A whole number up to ±(2⁵³−1)",
  Kind.INT,
  (value) => (typeof value === "number" && Number.isSafeInteger(value) ? value : undefined),
  "a whole number up to ±(2⁵³−1)",
);

export const json: Scalar<unknown> = {
  description: "Any JSON value",
  specifiedByURL: "https://datatracker.ietf.org/doc/html/rfc8259",
  extensions: { codegenScalarType: "unknown" },
  serialize: same,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => jsonLiteral(node, variables ?? {}),
};

function jsonLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((each) => jsonLiteral(each, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonLiteral(field.value, variables)]));
    case Kind.VARIABLE:
      return variables[node.name.value];
    default:
      return null;
  }
}
