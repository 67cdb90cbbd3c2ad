import fc from "fast-check";
import { create, modify, purge, remove, restore, switchTo, update, type Version } from "./fixtures.ts";
import { data, pools, Thing } from "./query-data.ts";
import type { OracleRow } from "./query-oracle.ts";

const begin = Date.UTC(2026, 0, 31, 12);

/** What is done to a resource, if it can be done to it as it stands. */
const step = fc.record({
  kind: fc.constantFrom("update", "update", "modify", "modify", "switch", "delete", "restore", "restore", "purge"),
  data,
  by: pools.actor,
  wait: fc.integer({ min: 1, max: 4 }),
  to: fc.nat(),
  status: fc.constantFrom("draft" as const, "stable" as const),
});
const life = fc.record({ first: data, at: fc.nat(12), by: pools.actor, steps: fc.array(step, { maxLength: 9 }) });

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function after(life: readonly Version[], { kind, data: next, by, wait, to, status }: Step): Version | undefined {
  const from = life.at(-1) as Version;
  const options = { by, at: from.change.at + wait, status };
  const { state, current } = from.meta;
  if (state === "purged") return undefined;
  if (kind === "purge") return to % 4 === 0 ? purge(from, options) : undefined;
  if (state === "deleted") return kind === "restore" ? restore(from, options) : undefined;
  if (kind === "update") return update(from, next, options);
  if (kind === "modify") return from.revision.status === "draft" ? modify(from, next, options) : undefined;
  if (kind === "delete") return remove(from, options);
  const number = 1 + (to % from.meta.revisionCount);
  const target = life.findLast(({ revision }) => revision.number === number);
  return kind === "switch" && target && number !== current ? switchTo(from, target, options) : undefined;
}

/** Random histories: their changes in the order of their instants, and what a list has to show at any of these. */
export function histories(seed: number, size: number) {
  const lives = fc.sample(life, { seed, numRuns: size }).map(({ first, at, by, steps }, index) => {
    const versions = [create(Thing, first, { id: `thing_owner${index}`, at: begin + at, by, status: "draft" })];
    for (const each of steps) versions.push(...[after(versions, each)].filter((version) => version !== undefined));
    return versions;
  });
  return {
    steps: lives.flat().toSorted((a, b) => a.change.at - b.change.at),
    instants: { min: begin - 1, max: Math.max(...lives.flat().map(({ change }) => change.at)) + 1 },
    rowsAt: (instant: number) => lives.flatMap((versions) => rowAt(versions, instant)),
  };
}

/** The pointer as it was, at a revision as it was last modified. */
function rowAt(versions: readonly Version[], instant: number): readonly (OracleRow & { readonly body: string })[] {
  const then = versions.findLast(({ change }) => change.at <= instant);
  const shown = versions.findLast(({ revision }) => revision.number === then?.revision.number)?.revision;
  if (!then || !shown || versions.at(-1)?.meta.state === "purged") return [];
  return [{ meta: { ...then.meta, status: shown.status }, data: JSON.parse(shown.body), body: shown.body }];
}
