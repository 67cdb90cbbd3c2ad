import fc from "fast-check";
import type { ResourceSpec } from "../../../src/index.ts";
import type { DataArbitraries } from "./data.ts";
import { idOf, instantOf, own, versionOf } from "./placeholders.ts";
import { generated } from "./specs.ts";

export type Template = Readonly<Record<string, unknown>>;
export type Templates = fc.Arbitrary<Template>;

export const keys = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "f").map(own) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>("a b", "", "-x", "ü") },
);
export const status = fc.constantFrom("draft", "stable");
export const once = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom("k", "l").map((key) => ({ idempotencyKey: own(key) })) },
);
export const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 99) },
);
export const asOf = fc.oneof(
  { weight: 6, arbitrary: fc.nat(30).map(instantOf) },
  { weight: 1, arbitrary: fc.constantFrom("yesterday", "2026-13-01T00:00:00Z") },
);

export function idsOf({ name }: ResourceSpec): fc.Arbitrary<unknown> {
  const others = generated.map((spec) => spec.name).filter((other) => other !== name);
  return fc.oneof(
    { weight: 14, arbitrary: fc.nat(9).map((n) => idOf(name, n)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(
        own(`${name}_none`),
        "nonsense",
        `${name}_a b`,
        "é",
        "a/b?c#d",
        `${name}_\0`,
        ...others.map((other) => idOf(other, 0)),
      ),
    },
  );
}

export function guardOf({ requireVersion }: ResourceSpec): fc.Arbitrary<Template> {
  const usual = requireVersion ? "now" : "none";
  const seen = fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constant("now") },
    fc.constantFrom("old", "none"),
  );
  return seen.map((which) => ({ ifVersion: versionOf(which as "now") }));
}

function patchesOf({ merge, member }: DataArbitraries, fields: readonly string[], wild: boolean): Templates {
  const pointer = fc.constantFrom(...fields).map((name) => `/${name}`);
  const operation = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom("add", "replace"), member)
        .map(([op, [name, value]]): Template => ({ op, path: `/${name}`, value })),
    },
    { weight: 1, arbitrary: pointer.map((path) => ({ op: "remove", path })) },
    { weight: 1, arbitrary: member.map(([name, value]) => ({ op: "test", path: `/${name}`, value })) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom("move", "copy"), pointer, pointer).map(([op, from, path]) => ({ op, from, path })) },
    { weight: 1, arbitrary: fc.constantFrom<Template>({ op: "add", path: "/tags/-", value: "t" }, { op: "remove", path: "/tags/0" }) },
    {
      weight: wild ? 1 : 0,
      arbitrary: fc.constantFrom<Template>(
        { op: "add", path: "title", value: 1 },
        { op: "add", path: "/__proto__/x", value: 1 },
        { op: "replace", path: "", value: {} },
        { op: "add", path: "/colour", value: "red" },
        { op: "grow", path: "/tags" },
        { op: "add", path: "/title" },
        { op: "move", path: "/title" },
        { op: "test", path: "/address/city", value: null },
      ),
    },
  );
  return fc.oneof(
    { weight: 3, arbitrary: merge.map((each) => ({ merge: each })) },
    { weight: 2, arbitrary: fc.array(operation, { maxLength: 3 }).map((operations) => ({ operations })) },
  );
}

export const merged = (...parts: Templates[]): Templates => fc.tuple(...parts).map((all) => Object.assign({}, ...all));
export const said = (op: string, type?: string): Templates => fc.constant({ op, ...(type === undefined ? {} : { type }) });
export const some = (model: Readonly<Record<string, fc.Arbitrary<unknown>>>): Templates => fc.record(model, { requiredKeys: [] });
export const member = (name: string, arbitrary: fc.Arbitrary<unknown>): Templates => arbitrary.map((value) => ({ [name]: value }));

export type Verb = "create" | "upsert" | "update" | "patch" | "modify" | "switch" | "delete" | "restore" | "purge";

/**
 * What each write takes, besides its name.
 * @param wild false: nothing that GraphQL's types refuse. They refuse a whole batch, of which other doors write the other rows.
 */
export function writesOf(spec: ResourceSpec, data: DataArbitraries, wild = true): Readonly<Record<Verb, Templates>> {
  const id = member("id", idsOf(spec));
  const guard = guardOf(spec);
  const whole = member("data", wild ? data.whole : data.valid);
  const patch = patchesOf(
    wild ? data : { ...data, merge: data.validMerge },
    spec.fields.map(({ name }) => name),
    wild,
  );
  const mayStatus = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Template>({}) },
    { weight: 1, arbitrary: status.map((each) => ({ status: each })) },
  );
  const key =
    spec.key === true
      ? fc.oneof({ weight: 9, arbitrary: keys.map((each) => ({ key: each })) }, { weight: 1, arbitrary: fc.constant<Template>({}) })
      : fc.constant<Template>({});
  const bys: readonly Templates[] = [
    ...spec.uniques.map(({ path: [field = ""] }) =>
      fc.constantFrom("a", "b", "c").map((each): Template => ({ by: { [field]: own(each) }, agrees: field })),
    ),
    ...(spec.key === false ? [] : [idsOf(spec).map((each): Template => ({ by: { id: each } }))]),
  ];
  // Mostly the data says the same as `by`.
  const upsert = fc
    .tuple(bys.length > 0 ? fc.oneof(...bys) : fc.constant<Template>({ by: {} }), data.whole, fc.nat(7))
    .map(([{ by, agrees }, each, n]) => ({
      by,
      data: typeof agrees === "string" && n > 0 ? { ...each, ...Object(by) } : each,
    }));
  return {
    create: merged(whole, key, mayStatus),
    upsert,
    update: merged(id, whole, mayStatus, guard),
    patch: merged(id, patch, mayStatus, guard),
    modify: merged(
      id,
      patch,
      mayStatus,
      fc.constantFrom("now", "now", "now", "old", "none").map((seen) => ({ ifVersion: versionOf(seen as "now") })),
    ),
    switch: merged(id, member("revision", number), guard),
    delete: merged(id, guard),
    restore: merged(id, guard),
    purge: merged(id, guard),
  };
}
