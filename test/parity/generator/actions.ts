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

/** Writes nothing, or is refused. */
const idle = (fields: readonly Field[]): fc.Arbitrary<Data> =>
  fc
    .tuple(dataOf(fields), fc.constantFrom(0, -1))
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

/**
 * Rows of a batch, of one action. One may do anything, and others beside it write nothing: in which order two rows are committed is
 * nobody's promise. What is no member of GraphQL's results stands alone: a mutation that has none leaves the whole document without data.
 */
export const actionRowsOf = (spec: ResourceSpec): readonly fc.Arbitrary<readonly Template[]>[] => {
  const beside = calledOf(spec, idle);
  return calledOf(spec, (fields) => withOwn(dataOf(fields))).map((row, i) => {
    const more = spec.actions[i]?.input && beside[i] ? fc.array(beside[i], { maxLength: 3 }) : fc.constant([]);
    return fc.tuple(row, more).map(([first, rest]) => (Object(first.input).by > 1000 ? [first] : [first, ...rest]));
  });
};

/** What no spec has. */
export const unknownAction: Template = { action: "vanish" };
