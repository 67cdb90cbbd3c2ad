import fc from "fast-check";
import { z } from "zod";
import { ref } from "../../src/index.ts";

/** What a field is in plain JavaScript: a value, one that depends on arguments, or the fields below it. */
export type Model = unknown;

/** Where the refs of some data lead: to resources, or below a revision to revisions. */
export type Lead = (id: string) => Model;

/** A zod schema, values for it, and what GraphQL shows of one. */
export interface Kind {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
  /** `type`: what a GraphQL type that stands here is called. */
  readonly show: (value: unknown, lead: Lead, type: string) => Model;
  /** Its values compare, so that it can be indexed. */
  readonly sorts?: true;
  /** A ref has a second field, with the ids themselves. */
  readonly ids?: (name: string) => string;
}

export type Kinds = Readonly<Record<string, Kind>>;
type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

/** All that refs may lead to, by chosen keys. */
export const targets = ["beta_k0", "beta_k1", "beta_k2"] as const;

const same = (value: unknown): Model => (Object.is(value, -0) ? 0 : value);
const leaf = (schema: z.ZodType, values: fc.Arbitrary<unknown>): Kind => ({ schema, values, show: same, sorts: true });
const text = fc.constantFrom("", "a", "B", "ä", "𝄞", "a'b\"--", "%_", " x\n");
const day = fc.constantFrom("2024-02-29", "2026-01-31", "1999-12-31");
const moment = fc.constantFrom("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.000+05:30");

const leaves: readonly (() => Kind)[] = [
  () => leaf(z.string(), text),
  () => leaf(z.string().max(40), text),
  () => leaf(z.int32(), fc.integer()),
  () => leaf(z.int(), fc.maxSafeInteger()),
  () => leaf(z.number(), fc.double({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, noNaN: true })),
  () => leaf(z.boolean(), fc.boolean()),
  () => leaf(z.iso.date(), day),
  // Instants compare otherwise than their texts do.
  () => unsorted(leaf(z.iso.datetime({ offset: true }), moment)),
  () => leaf(z.enum(["red", "green", "blue"]), fc.constantFrom("red", "green", "blue")),
  () => leaf(z.literal("only"), fc.constant("only")),
  () => leaf(z.literal([1, 2]), fc.constantFrom(1, 2)),
];

const list = (item: Kind): Kind => ({
  schema: z.array(item.schema),
  values: fc.array(item.values, { maxLength: 3 }),
  show: (value, lead, type) => (value as unknown[]).map((each) => item.show(each, lead, type)),
});

const record = (item: Kind): Kind => ({
  schema: z.record(z.string(), item.schema),
  values: fc.dictionary(fc.constantFrom("a", "b c", "ü"), item.values, { maxKeys: 2, noNullPrototype: true }),
  show: (value) => JSON.parse(JSON.stringify(value)),
});

const unsorted = ({ sorts: _, ...kind }: Kind): Kind => kind;

const nullable = (item: Kind): Kind => ({
  ...unsorted(item),
  schema: item.schema.nullable(),
  values: fc.option(item.values),
  show: (value, lead, type) => (value === null ? null : item.show(value, lead, type)),
});

/** Absent is null in GraphQL. */
export const optional = (item: Kind): Kind => ({
  ...item,
  schema: item.schema.optional(),
  values: fc.option(item.values, { nil: undefined }),
  show: (value, lead, type) => (value === undefined ? null : item.show(value, lead, type)),
});

const object = (fields: Kinds): Kind => ({
  schema: z.object(shapeOf(fields)),
  values: dataOf(fields),
  show: (value, lead, type) => fieldsOf(fields, Object(value), lead, type),
});

const union = (variants: readonly Kinds[]): Kind => ({
  schema: z.discriminatedUnion(
    "kind",
    // zod asks for the first one by itself.
    variants.map((fields, i) => z.object({ kind: z.literal(`v${i}`), ...shapeOf(fields) })) as unknown as [z.ZodObject, ...z.ZodObject[]],
  ),
  values: fc.oneof(...variants.map((fields, i) => dataOf(fields).map((data) => ({ kind: `v${i}`, ...data })))),
  show: (value, lead, type) => {
    const { kind, ...data } = Object(value);
    const name = `${type}V${kind.slice(1)}`;
    return { __typename: name, kind, ...fieldsOf(variants[Number(kind.slice(1))] ?? {}, data, lead, name) };
  },
});

export const toOne = (inverse: string | false): Kind => ({
  schema: ref("beta", { inverse }),
  values: fc.constantFrom(...targets),
  show: (id, lead) => () => lead(String(id)),
  ids: (name) => `${name}Id`,
});

/** Of the field `friends`. */
export const toMany: Kind = {
  schema: z.array(ref("beta", { inverse: false })),
  values: fc.array(fc.constantFrom(...targets), { maxLength: 3 }),
  show: (ids, lead) => () => (ids as string[]).map(lead),
  ids: () => "friendIds",
};

export const shapeOf = (fields: Kinds): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));

export const dataOf = (fields: Kinds): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, { values }]) => [name, values]))).map(
    // What is undefined is left out, as JSON has it.
    (data) => Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)),
  );

export function fieldsOf(fields: Kinds, data: Readonly<Record<string, unknown>>, lead: Lead, type: string): Record<string, Model> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, kind]) => [
      [name, kind.show(data[name], lead, type + name.charAt(0).toUpperCase() + name.slice(1))],
      ...(kind.ids ? [[kind.ids(name), data[name] ?? null]] : []),
    ]),
  );
}

/** Any kind; `depth` is how deep it may go on. Refs stand in no union: below revisions its types would have other names. */
export function anyKind(draw: Draw, depth: number, refs: boolean): Kind {
  const one = draw(fc.constantFrom(...leaves))();
  const inner = () => anyKind(draw, depth - 1, false);
  const makers: readonly (() => Kind)[] =
    depth === 0
      ? [() => one]
      : [
          () => one,
          () => nullable(one),
          () => list(inner()),
          () => list(nullable(one)),
          () => record(one),
          () => object(someFields(draw, depth - 1, refs)),
          () => list(object(someFields(draw, depth - 1, false))),
          () => union([someFields(draw, depth - 1, false), someFields(draw, depth - 1, false)]),
        ];
  return draw(fc.constantFrom(...makers))();
}

/** One to three fields of any kind, some of them optional. */
export function someFields(draw: Draw, depth: number, refs: boolean): Kinds {
  const names = ["one", "two", "three"].slice(0, draw(fc.integer({ min: 1, max: 3 })));
  const fields = names.map((name) => {
    const kind = anyKind(draw, depth, refs);
    return [name, draw(fc.boolean()) ? optional(kind) : kind] as const;
  });
  return { ...Object.fromEntries(fields), ...(refs && draw(fc.boolean()) ? { lead: toOne(false) } : {}) };
}
