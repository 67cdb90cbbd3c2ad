import fc from "fast-check";
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isUnionType,
} from "graphql";
import type { Model } from "./kinds.ts";

type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

/** A selection, as a document has it and as the oracle reads it. */
interface Selected {
  readonly key: string;
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  /** Only of this type. */
  readonly on?: string;
  readonly of?: readonly Selected[];
}

export interface RandomQuery {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly selected: readonly Selected[];
}

/** Arguments for a field, by its name; undefined where the field is to be left out. */
export type ArgumentsFor = (parent: string, field: string) => Readonly<Record<string, unknown>> | undefined;

/** What is for somebody else to test, or depends on instants. */
const leftOut: ReadonlySet<string> = new Set([
  "diff",
  "referrers",
  "revisions",
  "hash",
  "createdAt",
  "updatedAt",
  "cursor",
  "startCursor",
  "endCursor",
]);

/** A query over a schema, made of what is drawn. */
export function randomQuery(schema: GraphQLSchema, draw: Draw, argumentsFor: ArgumentsFor): RandomQuery {
  const variables: Record<string, unknown> = {};
  const types: Record<string, string> = {};
  let keys = 0;

  function selectField(parent: GraphQLCompositeType, field: GraphQLField<unknown, unknown>, depth: number): Selected[] {
    const given = field.args.length > 0 ? argumentsFor(parent.name, field.name) : {};
    const type = getNamedType(field.type);
    if (!given || leftOut.has(field.name) || (isCompositeType(type) && depth === 0)) return [];
    const of = isCompositeType(type) ? select(type, depth - 1) : undefined;
    if (of?.length === 0) return [];
    const args = Object.entries(given).map(([name, value]): [string, string] => {
      const variable = `v${Object.keys(variables).length}`;
      variables[variable] = value;
      types[variable] = String(field.args.find((arg) => arg.name === name)?.type);
      return [name, variable];
    });
    return [{ key: `k${keys++}`, name: field.name, args: Object.fromEntries(args), ...(of ? { of } : {}) }];
  }

  function select(type: GraphQLCompositeType, depth: number): readonly Selected[] {
    if (isAbstractType(type)) {
      const typename = { key: `k${keys++}`, name: "__typename", args: {} };
      const common = isUnionType(type) ? [] : Object.values(type.getFields()).flatMap((field) => selectField(type, field, 0));
      const below = schema.getPossibleTypes(type).map(({ name }) => schema.getType(name));
      const each = below.flatMap((one) =>
        isCompositeType(one) ? select(one, depth).map((selected): Selected => ({ ...selected, on: selected.on ?? one.name })) : [],
      );
      return [typename, ...common, ...each];
    }
    const fields = Object.values(type.getFields());
    const chosen = draw(fc.subarray(fields, { minLength: 1, maxLength: Math.min(5, fields.length) }));
    return chosen.flatMap((field) => selectField(type, field, depth));
  }

  const root = schema.getQueryType();
  const selected = [{ key: "type", name: "__typename", args: {} }, ...(root ? select(root, 4) : [])];
  const declared = Object.entries(types).map(([name, type]) => `$${name}: ${type}`);
  return { document: `query${declared.length > 0 ? ` (${declared.join(", ")})` : ""} ${printed(selected)}`, variables, selected };
}

function printed(selected: readonly Selected[]): string {
  const each = selected.map(({ key, name, args, on, of }) => {
    const passed = Object.entries(args).map(([arg, variable]) => `${arg}: $${variable}`);
    const field = `${key}: ${name}${passed.length > 0 ? `(${passed.join(", ")})` : ""}${of ? ` ${printed(of)}` : ""}`;
    return on === undefined ? field : `... on ${on} { ${field} }`;
  });
  return `{ ${each.join(" ")} }`;
}

/** What a model answers to a selection. */
export function answerOf(selected: readonly Selected[], model: Model, variables: RandomQuery["variables"]): unknown {
  if (typeof model === "function") return answerOf(selected, model(), variables);
  if (model === null || model === undefined) return null;
  if (Array.isArray(model)) return model.map((each) => answerOf(selected, each, variables));
  const fields: Readonly<Record<string, Model>> = Object(model);
  return Object.fromEntries(
    selected
      .filter(({ on }) => on === undefined || on === fields.__typename)
      .map(({ key, name, args, of }) => {
        const field = fields[name];
        const given = Object.fromEntries(Object.entries(args).map(([arg, variable]) => [arg, variables[variable]]));
        const value = typeof field === "function" ? field(given) : field;
        if (field === undefined) return [key, `no ${name} in the model`];
        return [key, of ? answerOf(of, value, variables) : (value ?? null)];
      }),
  );
}
