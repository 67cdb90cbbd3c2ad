import fc from "fast-check";
import type { Field, ResourceSpec } from "../../../src/index.ts";
import { blobOf, idOf, own, revisionOf } from "./placeholders.ts";

type Any = fc.Arbitrary<unknown>;
type Data = Readonly<Record<string, unknown>>;

/** Names that several resources of one sequence may fight for. */
export const few = fc.constantFrom("a", "b", "c", "d");
const texts = fc.constantFrom("", "a", "B", "ä", "é", "𝄞", "a'b\"--", "%_", " x\n", "ZZ", "null", "$x");
const small = fc.integer({ min: -3, max: 3 });
const days = fc.constantFrom("2024-02-29", "2026-01-31", "1999-12-31");
export const moments = fc.constantFrom(
  "2026-01-31T12:00:00Z",
  "2026-01-31T12:00:00.123456789Z",
  "2026-01-31T12:00:00.000+05:30",
  "2026-01-31T06:30:00Z",
);

/** Values of a field that its schema takes. */
export function validOf(field: Field): Any {
  const value = bare(field);
  return field.nullable ? fc.option(value, { freq: 3 }) : value;
}

function bare(field: Field): Any {
  switch (field.kind) {
    case "string":
      return texts.map((text) => text.slice(0, field.max ?? text.length));
    case "int":
      return field.safe
        ? fc.oneof(small, fc.constantFrom(2 ** 40, Number.MAX_SAFE_INTEGER))
        : fc.oneof(small, fc.constantFrom(2 ** 31 - 1, -(2 ** 31)));
    case "float":
      return fc.oneof(small, fc.constantFrom(0.1, -0, 1e21, 5e-324, 2 ** 53 - 1));
    case "boolean":
      return fc.boolean();
    case "date":
      return days;
    case "datetime":
      return moments;
    case "blob":
      return fc.nat(5).map(blobOf);
    case "enum":
      return fc.constantFrom(...field.values);
    case "literal":
      return fc.constantFrom(...field.values);
    case "ref":
      return fc.nat(9).map((n) => (field.pin ? revisionOf(field.target, n) : idOf(field.target, n)));
    case "array":
      return fc.array(validOf(field.item), { maxLength: 3 });
    case "record":
      return fc.dictionary(fc.constantFrom("a", "b c", "ü"), validOf(field.item), { maxKeys: 2, noNullPrototype: true });
    case "object":
      return dataOf(field.fields);
    case "union":
      return fc.oneof(
        ...field.variants.map(({ tag, fields }) =>
          dataOf(fields.filter(({ name }) => name !== field.discriminator)).map((data) => ({ [field.discriminator]: tag, ...data })),
        ),
      );
  }
}

/** Of an object what it must have, and some of what it may have. */
export function dataOf(fields: readonly Field[]): fc.Arbitrary<Data> {
  const must = fields.filter(({ optional, hasDefault }) => !optional && !hasDefault);
  const may = fields.filter((field) => !must.includes(field));
  return fc
    .tuple(fc.record(Object.fromEntries(must.map((field) => [field.name, validOf(field)]))), someOf(may, 4))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }));
}

/** At most so many of these fields. */
function someOf(fields: readonly Field[], most: number): fc.Arbitrary<Data> {
  if (fields.length === 0) return fc.constant({});
  const pairs = fields.map((field) => validOf(field).map((value): readonly [string, unknown] => [field.name, value]));
  return fc.array(fc.oneof(...pairs), { maxLength: most }).map((chosen) => Object.fromEntries(chosen));
}

/** What no field takes, whatever its kind. Lists of one and numbers for ids are left out: see `Input coercion` in differences.ts. */
const wrongs = fc.constantFrom<unknown>({ what: 1 }, "a\0b", "\ud800", null, 1.5, 2 ** 31, 2 ** 60, "2026-02-30", "x".repeat(40), true);

function wrongOf(field: Field): Any {
  if (field.kind === "array") return fc.oneof(fc.constantFrom<unknown>({ what: 1 }, [{ what: 1 }], [[["x"]]], null), fc.constant([{}]));
  if (field.kind === "ref" || field.kind === "blob")
    return fc.constantFrom<unknown>({ what: 1 }, "", "nothing", "person_none", "land_XX", "blob_none", null, true);
  return field.kind === "object" ? fc.oneof(wrongs, someOf(field.fields, 1), broken(field.fields)) : wrongs;
}

const unknownField = fc.constantFrom<Data>({ colour: "red" }, { id: "person_x" }, { "": 1 }, { kind: "none" });

/** Data in which one thing is wrong. */
export function broken(fields: readonly Field[]): fc.Arbitrary<Data> {
  const setWrong = fc.oneof(...fields.map((field) => wrongOf(field).map((value) => ({ [field.name]: value }))));
  const without = fc
    .constantFrom(...fields.map(({ name }) => name))
    .map((dropped) => (data: Data) => Object.fromEntries(Object.entries(data).filter(([name]) => name !== dropped)));
  const more = fc.oneof({ weight: 3, arbitrary: setWrong }, { weight: 1, arbitrary: unknownField }).map((extra) => (data: Data) => ({
    ...data,
    ...extra,
  }));
  return fc
    .tuple(dataOf(fields), fc.oneof({ weight: 4, arbitrary: more }, { weight: 1, arbitrary: without }))
    .map(([data, change]) => change(data));
}

export interface DataArbitraries {
  /** A whole: valid, but for one in eight. */
  readonly whole: fc.Arbitrary<Data>;
  /** A merge patch. */
  readonly merge: fc.Arbitrary<Data>;
  /** The same without what is wrong. */
  readonly valid: fc.Arbitrary<Data>;
  readonly validMerge: fc.Arbitrary<Data>;
  /** A field by name with a value for it, for JSON Patch. */
  readonly member: fc.Arbitrary<readonly [string, unknown]>;
}

/** Unique fields and keys take few values, so that resources collide; others on the platform never do. */
function withOwn(spec: ResourceSpec, data: Data, unique: string): Data {
  const owned = [...spec.uniques.map(({ path }) => path[0] ?? ""), ...(typeof spec.key === "string" ? [spec.key] : [])];
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      owned.includes(name) && typeof value === "string" && value.length < 9 && value !== "" && !/[\0\ud800]/.test(value)
        ? own(unique)
        : value,
    ]),
  );
}

export function dataArbitraries(spec: ResourceSpec): DataArbitraries {
  const owned = (data: fc.Arbitrary<Data>) => fc.tuple(data, few).map(([each, unique]) => withOwn(spec, each, unique));
  const nulls = fc.constantFrom(...spec.fields.map(({ name }) => name)).map((name) => ({ [name]: null }));
  const wrongMember = fc.oneof(...spec.fields.map((field) => wrongOf(field).map((value) => ({ [field.name]: value }))), unknownField);
  const merge = fc.oneof(
    { weight: 6, arbitrary: someOf(spec.fields, 3) },
    { weight: 1, arbitrary: nulls },
    { weight: 1, arbitrary: wrongMember },
  );
  const members = spec.fields.map((field) => validOf(field).map((value): readonly [string, unknown] => [field.name, value]));
  return {
    whole: owned(fc.oneof({ weight: 7, arbitrary: dataOf(spec.fields) }, { weight: 1, arbitrary: broken(spec.fields) })),
    merge: owned(merge),
    valid: owned(dataOf(spec.fields)),
    validMerge: owned(someOf(spec.fields, 3)),
    member: fc.oneof(...members),
  };
}
