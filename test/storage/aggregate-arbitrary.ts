import fc from "fast-check";
import type { Measured } from "../../src/storage/aggregates.ts";
import { type GeneratedSearch, searches, sortable } from "./query-arbitrary.ts";

export interface GeneratedAggregate extends Pick<GeneratedSearch, "where" | "includeDeleted"> {
  readonly groupBy: readonly string[];
  readonly measures: readonly { readonly of: Measured["of"]; readonly key: string }[];
  readonly limit: number;
}

const single = [...sortable, "meta.revisionCount", "meta.schemaVersion"].filter((key) => key !== "id");
const numbers = ["views", "score", "address.zip", "meta.version", "meta.revisionCount", "meta.schemaVersion"];
const ordered = single.filter((key) => key !== "live" && key !== "ownerId");

const measure = fc.oneof(
  ...Object.entries({ values: single, distinct: single, sum: numbers, min: ordered, max: ordered }).map(([of, keys]) =>
    fc.constantFrom(...keys).map((key) => ({ of: of as Measured["of"], key })),
  ),
);

export const aggregates: fc.Arbitrary<GeneratedAggregate> = fc
  .record({
    search: searches,
    groupBy: fc.uniqueArray(fc.constantFrom(...single), { maxLength: 3 }),
    measures: fc.array(measure, { maxLength: 6 }),
    limit: fc.oneof(fc.constant(1_000), fc.nat(5)),
  })
  .map(({ search: { where, includeDeleted }, ...rest }) => ({ where, includeDeleted, ...rest }));
