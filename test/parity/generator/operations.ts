import fc from "fast-check";
import type { ResourceSpec } from "../../../src/index.ts";
import { changeKinds } from "../../../src/storage/rows.ts";
import { actionRowsOf, actionsOf, unknownAction } from "./actions.ts";
import { dataArbitraries } from "./data.ts";
import { eventWhere, page, type QueryArbitraries, queryArbitraries } from "./queries.ts";
import { generated, Thing } from "./specs.ts";
import type { Step } from "./step.ts";
import {
  asOf,
  idsOf,
  keys,
  member,
  merged,
  number,
  once,
  said,
  some,
  status,
  type Template,
  type Templates,
  type Verb,
  writesOf,
} from "./writes.ts";

/** A step with placeholders, the repetition of an earlier one, or several at once. */
export type Planned =
  | { readonly kind: "step"; readonly step: Readonly<Record<string, unknown>> }
  | { readonly kind: "again"; readonly n: number }
  /** The page behind an earlier one, or before it. */
  | { readonly kind: "turn"; readonly n: number; readonly back: boolean }
  | { readonly kind: "together"; readonly contest: Contest };

/** Writes that run at the same time: for one resource, or each for its own. */
export interface Contest {
  readonly rule: "versioned" | "free" | "counted" | "idempotent" | "oneKey" | "apart";
  readonly writers: number;
  readonly draft: boolean;
}

/** How often each operation comes. */
const weights: Readonly<Record<Step["op"], number>> = {
  create: 10,
  upsert: 3,
  update: 4,
  patch: 6,
  modify: 4,
  switch: 3,
  delete: 3,
  restore: 2,
  purge: 1,
  action: 5,
  batch: 3,
  transact: 4,
  get: 3,
  revision: 2,
  revisions: 2,
  diff: 2,
  referrers: 2,
  search: 6,
  count: 2,
  aggregate: 2,
  // Made by the runner, which knows the cursors.
  changes: 0,
};
export const generatedOperations = Object.keys(weights);

function readsOf(
  spec: ResourceSpec,
  { where, orderBy, aggregate }: QueryArbitraries,
): Readonly<Record<"get" | "revision" | "revisions" | "diff" | "referrers" | "search" | "count" | "aggregate", Templates>> {
  const id = member("id", idsOf(spec));
  const past = fc.oneof({ weight: 3, arbitrary: fc.constant<Template>({}) }, { weight: 1, arbitrary: asOf.map((at) => ({ asOf: at })) });
  return {
    get: merged(id, fc.oneof(some({ includeDeleted: fc.boolean() }), past)),
    revision: merged(id, member("number", number)),
    revisions: merged(id, page),
    diff: merged(id, member("from", number), some({ to: number })),
    referrers: id,
    search: merged(some({ where, orderBy, includeDeleted: fc.boolean() }), page, past),
    count: some({ where }),
    aggregate,
  };
}

const inBulk = ["create", "update", "patch", "delete", "restore", "purge"] as const;

function stepsOf(spec: ResourceSpec): { readonly weight: number; readonly arbitrary: Templates }[] {
  const data = dataArbitraries(spec);
  const writes = writesOf(spec, data);
  const rows = writesOf(spec, data, false);
  const reads = readsOf(spec, queryArbitraries(spec));
  const single = Object.entries(writes).map(([verb, template]) => ({
    weight: weights[verb as Verb],
    arbitrary: merged(said(verb, spec.name), template, verb === "create" || verb === "upsert" ? once : fc.constant({})),
  }));
  const batches = inBulk.map((verb) =>
    fc.tuple(fc.array(rows[verb], { minLength: 1, maxLength: 4 }), some({ status })).map(
      ([rows, more]): Template => ({
        op: "batch",
        type: spec.name,
        verb,
        ...(verb === "create" ? more : {}),
        rows,
      }),
    ),
  );
  const actions = actionsOf(spec).map((template) => ({
    weight: weights.action,
    arbitrary: merged(said("action", spec.name), template, once),
  }));
  const actionRows = actionRowsOf(spec).map((rows) =>
    rows.map((each): Template => ({ op: "batch", type: spec.name, verb: "action", rows: each })),
  );
  return [
    ...single,
    ...actions,
    ...Object.entries(reads).map(([op, template]) => ({ weight: weights[op as "get"], arbitrary: merged(said(op, spec.name), template) })),
    { weight: weights.batch, arbitrary: fc.oneof(...batches, ...actionRows) },
  ];
}

/** An action on what there is, with a person of the same unit: what is made, is written by others afterwards. */
const acting: Templates = fc
  .tuple(
    idsOf(Thing),
    fc.constantFrom(1, 2),
    fc.subarray([
      { op: "patch", id: "$n0", merge: { age: 7 } },
      { op: "delete", id: "$n0" },
    ]),
    once,
  )
  .map(([id, by, later, more]) => {
    const rows = [
      { op: "create", type: "person", data: { name: "a" }, as: "n0" },
      { op: "action", type: "thing", id, action: "promote", input: { by, owner: "$n0" } },
      ...later.map((row) => ({ type: "person", ...row })),
    ];
    return { op: "transact", rows, ...more };
  });

/** Rows for any spec; those that make something may be named, and later ones may refer to them. */
function transactions(): Templates {
  const rows = generated.flatMap((spec) =>
    Object.entries(writesOf(spec, dataArbitraries(spec))).map(([verb, template]) => ({
      weight: verb === "create" || verb === "patch" ? 4 : 1,
      arbitrary: merged(said(verb, spec.name), template),
    })),
  );
  const actions = generated.flatMap((spec) =>
    actionsOf(spec).map((template) => ({ weight: 5, arbitrary: merged(said("action", spec.name), template) })),
  );
  const unknown: { readonly weight: number; readonly arbitrary: Templates } = {
    weight: 1,
    arbitrary: fc.constant({ op: "action", type: "thing", id: "thing_none", ...unknownAction }),
  };
  const named = fc.tuple(fc.oneof(...rows, ...actions, unknown), fc.nat(2), fc.nat(9)).map(([row, name, way]): Template => {
    if ((row.op === "create" || row.op === "upsert") && way < 6) return { ...row, as: `n${name}` };
    if (row.type === "person" && way < 5 && "id" in row) return { ...row, id: `$n${name}` };
    if (row.op === "action" && way < 5 && typeof row.input === "object")
      return { ...row, input: { ...Object(row.input), owner: `$n${name}` } };
    const refers = row.type === "thing" && way < 7 && typeof row.data === "object";
    return refers ? { ...row, data: { ...Object(row.data), owner: `$n${name}` } } : row;
  });
  const any = fc
    .tuple(fc.array(named, { minLength: 1, maxLength: 5 }), once)
    .map(([list, more]) => ({ op: "transact", rows: list, ...more }));
  return fc.oneof({ weight: 6, arbitrary: any }, { weight: 1, arbitrary: acting });
}

const contest: fc.Arbitrary<Planned> = fc
  .record({
    rule: fc.constantFrom<Contest["rule"]>("versioned", "free", "counted", "idempotent", "oneKey", "apart"),
    writers: fc.integer({ min: 2, max: 6 }),
    draft: fc.boolean(),
  })
  .map((each) => ({ kind: "together", contest: each }));

const step: fc.Arbitrary<Planned> = fc
  .oneof(
    ...generated.flatMap((spec) =>
      stepsOf(spec).map(({ weight, arbitrary }) => ({ weight: spec.name === "thing" ? 3 * weight : weight, arbitrary })),
    ),
    {
      weight: 6 * weights.transact,
      arbitrary: transactions(),
    },
  )
  .map((each) => ({ kind: "step", step: each }));

const again = fc.nat(29).map((n): Planned => ({ kind: "again", n }));
const turn = fc.tuple(fc.nat(9), fc.boolean()).map(([n, back]): Planned => ({ kind: "turn", n, back }));

/** Without them most operations would be about what is not there. */
const begun = fc
  .tuple(
    ...[...generated, ...generated].map((spec) => {
      const create = merged(
        said("create", spec.name),
        member("data", dataArbitraries(spec).valid),
        spec.key === true ? member("key", keys) : fc.constant({}),
      );
      return fc.option(
        create.map((each): Planned => ({ kind: "step", step: each })),
        { freq: 9 },
      );
    }),
  )
  .map((steps) => steps.filter((each) => each !== null));

export interface Sequence {
  readonly plan: readonly Planned[];
  /** Whose changes are read at the end, beside those of all. */
  readonly feed: Template;
}

const feed = fc.oneof(
  ...generated.map((spec) =>
    fc
      .record(
        { where: eventWhere(spec), kinds: fc.subarray([...changeKinds], { minLength: 1 }), after: fc.constant("AAAA") },
        { requiredKeys: [] },
      )
      // A cursor that is none is worth a look now and then.
      .map(({ after, ...rest }): Template => ({ type: spec.name, ...rest, ...(after && rest.kinds?.length === 1 ? { after } : {}) })),
  ),
);

const kinds = [
  { weight: 20, arbitrary: step },
  { weight: 2, arbitrary: again },
  { weight: 2, arbitrary: turn },
  { weight: 1, arbitrary: contest },
];

/** Up to 30 operations. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  plan: fc.tuple(begun, fc.array(fc.oneof(...kinds), { maxLength: 22, size: "max" })).map(([first, rest]) => [...first, ...rest]),
  feed,
});
