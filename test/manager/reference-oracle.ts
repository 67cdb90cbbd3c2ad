import fc from "fast-check";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";

/** A graph of nodes that refer to one another by every rule, and from every kind of place. */
export const Node = defineResource("knot", {
  schema: z.object({
    strict: ref("knot", { inverse: "holds" }).optional(),
    owner: ref("knot", { inverse: "owns", onDelete: "cascade" }).optional(),
    owners: z.array(ref("knot", { inverse: "shares", onDelete: "cascade" })).default([]),
    hint: ref("knot", { inverse: "hinted", onDelete: "set_null" }).nullable().optional(),
    hints: z.array(ref("knot", { inverse: "hintedBy", onDelete: "set_null" })).default([]),
    loose: ref("knot", { inverse: false, onDelete: "dangling" }).optional(),
    links: z
      .array(
        z.object({
          to: z.discriminatedUnion("kind", [
            z.object({ kind: z.literal("part"), of: ref("knot", { onDelete: "cascade" }) }),
            z.object({ kind: z.literal("rest"), of: ref("knot") }),
            z.object({ kind: z.literal("see"), of: ref("knot", { onDelete: "set_null" }).optional() }),
          ]),
        }),
      )
      .default([]),
  }),
  key: true,
});

export type Data = z.output<typeof Node.schema>;

export interface Knot {
  readonly state: "live" | "deleted" | "purged";
  readonly data: Data;
  readonly version: number;
}

export type Knots = ReadonlyMap<string, Knot>;

export type Command =
  | { readonly op: "create" | "update"; readonly id: string; readonly data: Data }
  | { readonly op: "delete" | "restore" | "purge"; readonly id: string };

export const ids = ["a", "b", "c", "d", "e", "f"].map((key) => `knot_${key}`);

const anId = fc.constantFrom(...ids);
const maybe = <T>(key: string, arbitrary: fc.Arbitrary<T>) =>
  fc.option(arbitrary, { nil: undefined, freq: 2 }).map((value): Record<string, T> => (value === undefined ? {} : { [key]: value }));

export const someData: fc.Arbitrary<Data> = fc
  .tuple(
    maybe("strict", fc.oneof({ weight: 1, arbitrary: anId }, { weight: 4, arbitrary: fc.constantFrom(...ids.slice(0, 2)) })),
    maybe("owner", anId),
    maybe("owners", fc.array(anId, { maxLength: 2 })),
    maybe("hint", fc.option(anId, { nil: null })),
    maybe("hints", fc.array(anId, { maxLength: 3 })),
    maybe("loose", anId),
    maybe(
      "links",
      fc.array(
        fc.record({
          to: fc.oneof(
            fc.record({ kind: fc.constant("part" as const), of: anId }),
            fc.record({ kind: fc.constant("rest" as const), of: anId }),
            fc.record({ kind: fc.constant("see" as const), of: anId }),
          ),
        }),
        { maxLength: 2 },
      ),
    ),
  )
  .map((parts) => ({ owners: [], hints: [], links: [], ...Object.assign({}, ...parts) }));

export const someCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant("create" as const), id: anId, data: someData }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("update" as const), id: anId, data: someData }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constantFrom("delete" as const, "delete" as const, "restore" as const, "purge" as const), id: anId }),
  },
);

const linked = ({ links }: Data, kind: string) => links.flatMap(({ to }) => (to.kind === kind && to.of !== undefined ? [to.of] : []));
const owning = (data: Data) => [data.owner, ...data.owners, ...linked(data, "part")];
const strict = (data: Data) => [data.strict, ...linked(data, "rest")];
const hinting = (data: Data) => [data.hint, ...data.hints, ...linked(data, "see")];

/** What must be there as long as this is live. */
export const kept = (data: Data): string[] => [...owning(data), ...strict(data), ...hinting(data)].filter((id) => typeof id === "string");

/** What a command does to a graph, or the code that refuses it: said without any storage. */
export function expected(knots: Knots, command: Command): string | Knots {
  const { op, id } = command;
  const knot = knots.get(id);
  const isThere = (own: string) => own === id || knots.get(own)?.state === "live";
  const set = (next: Partial<Knot>, data: Data): Knots =>
    new Map([...knots, [id, { state: "live", data, version: (knot?.version ?? 0) + 1, ...next }]]);
  if (op === "create") {
    if (!kept(command.data).every(isThere)) return "REFERENCE_VIOLATION";
    return knot ? "CONFLICT" : set({}, command.data);
  }
  if (!knot || knot.state === "purged") return "NOT_FOUND";
  if (op === "update") {
    if (knot.state === "deleted") return "GONE";
    const held = new Set(kept(knot.data));
    if (JSON.stringify(sorted(command.data)) === JSON.stringify(sorted(knot.data))) return knots;
    return kept(command.data).every((own) => held.has(own) || isThere(own)) ? set({}, command.data) : "REFERENCE_VIOLATION";
  }
  if (op === "restore") {
    if (knot.state === "live") return knots;
    return kept(knot.data).every(isThere) ? set({}, knot.data) : "REFERENCE_VIOLATION";
  }
  return op === "delete" && knot.state === "deleted" ? knots : removed(knots, id, op === "purge" ? "purged" : "deleted");
}

const sorted = (data: Data): unknown => Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));

function removed(knots: Knots, root: string, state: "deleted" | "purged"): string | Knots {
  const gone = new Set([root]);
  const goes = (id: string | null | undefined) => typeof id === "string" && gone.has(id);
  for (let before = 0; before < gone.size; ) {
    before = gone.size;
    for (const [id, { state: was, data }] of knots)
      if ((was === "live" || (was === "deleted" && state === "purged")) && owning(data).some(goes)) gone.add(id);
  }
  const stay = [...knots].filter(([id, knot]) => !gone.has(id) && knot.state === "live");
  if (stay.some(([, { data }]) => strict(data).some(goes))) return "REFERENCE_VIOLATION";
  const next = new Map(knots);
  for (const [id, knot] of knots) if (gone.has(id)) next.set(id, { ...knot, state, version: knot.version + 1 });
  for (const [id, knot] of stay) {
    if (!hinting(knot.data).some(goes)) continue;
    const { hint, hints, links, ...rest } = knot.data;
    const data: Data = {
      ...rest,
      ...(hint === undefined ? {} : { hint: goes(hint) ? null : hint }),
      hints: hints.filter((each) => !goes(each)),
      links: links.map((link) => (link.to.kind === "see" && goes(link.to.of) ? { to: { kind: "see" as const } } : link)),
    };
    next.set(id, { ...knot, data, version: knot.version + 1 });
  }
  return next;
}
