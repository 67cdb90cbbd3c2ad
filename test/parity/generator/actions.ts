import fc from "fast-check";
import type { Field, ResourceSpec } from "../../../src/index.ts";
import { broken, dataOf, few } from "./data.ts";
import { own } from "./placeholders.ts";
import { guardOf, idsOf, member, merged, type Template, type Templates } from "./writes.ts";

type Data = Readonly<Record<string, unknown>>;

/** What an action writes besides its resource. */
const others = ["owner", "land", "pupils"];

/** Lands of other sequences are none of its business. */
const withOwn = (input: fc.Arbitrary<Data>): fc.Arbitrary<Data> =>
  fc.tuple(input, few).map(([data, key]) => (typeof data.land === "string" && data.land.length < 9 ? { ...data, land: own(key) } : data));

const whole = (fields: readonly Field[]): fc.Arbitrary<Data> =>
  withOwn(fc.oneof({ weight: 7, arbitrary: dataOf(fields) }, { weight: 1, arbitrary: broken(fields) }));

/** Writes so much, and at most its own resource: several at once then end in the order in which they were begun. */
const alone = (fields: readonly Field[]): fc.Arbitrary<Data> =>
  fc
    .tuple(dataOf(fields), fc.integer({ min: -2, max: 2 }))
    .map(([data, by]) => ({ ...Object.fromEntries(Object.entries(data).filter(([name]) => !others.includes(name))), by }));

/** The actions of a spec, each with its input. */
function calledOf(spec: ResourceSpec, inputOf: (fields: readonly Field[]) => fc.Arbitrary<Data>): readonly Templates[] {
  return spec.actions.map(({ name, input }) =>
    merged(
      member("id", idsOf(spec)),
      guardOf(spec),
      fc.constant<Template>({ action: name }),
      input
        ? member("input", inputOf(input.fields))
        : fc.oneof({ weight: 3, arbitrary: fc.constant<Template>({}) }, fc.constant({ input: {} })),
    ),
  );
}

/** One action; none where the spec has none. */
export const actionsOf = (spec: ResourceSpec): readonly Templates[] => calledOf(spec, whole);

/** Rows of a batch: one that may do anything, or several of one action that write their own resources. */
export const actionRowsOf = (spec: ResourceSpec): readonly fc.Arbitrary<readonly Template[]>[] => [
  ...calledOf(spec, (fields) => withOwn(dataOf(fields))).map((row) => fc.tuple(row)),
  ...calledOf(spec, alone).map((row) => fc.array(row, { minLength: 1, maxLength: 4 })),
];

/** What no spec has. */
export const unknownAction: Template = { action: "vanish" };
