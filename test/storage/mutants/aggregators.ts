import type { AggregateQuery, AggregateRow, Measured } from "../../../src/storage/aggregates.ts";
import { decimalText } from "../../../src/storage/decimal.ts";
import type { Mutant } from "./mutant.ts";

/** Groups that are asked for or answered otherwise. */
const grouping = (
  name: string,
  ask: (query: AggregateQuery) => AggregateQuery,
  answer: (groups: readonly AggregateRow[], query: AggregateQuery) => readonly AggregateRow[] = (groups) => groups,
): Mutant => ({
  name,
  broken: ({ aggregates }) => ({
    aggregates: { groups: async (type, query) => answer(await aggregates.groups(type, ask(query)), query) },
  }),
});

const answering = (name: string, answer: (groups: readonly AggregateRow[], query: AggregateQuery) => readonly AggregateRow[]): Mutant =>
  grouping(name, (query) => query, answer);

/** Another measure in place of one. */
const measuring = (name: string, of: Measured["of"], instead: Measured["of"]): Mutant =>
  grouping(name, (query) => ({
    ...query,
    measures: query.measures.map((each) => (each.of === of ? { ...each, of: instead } : each)),
  }));

const isNullKey = ({ key }: AggregateRow): boolean => key[0] === null;

/** Storages that break the laws of aggregates. */
export const aggregators: readonly Mutant[] = [
  answering("puts groups in the order of their keys alone", (groups) =>
    groups.toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
  ),
  answering("puts groups of one size in no order", (groups) => groups.toReversed().toSorted((a, b) => b.count - a.count)),
  answering("puts the group of null first among equals", (groups) =>
    groups.toSorted((a, b) => b.count - a.count || Number(isNullKey(b)) - Number(isNullKey(a))),
  ),
  answering("leaves out the group of null", (groups) => groups.filter((group) => !isNullKey(group))),
  answering("groups texts without regard to spaces at their ends", (groups) =>
    groups.map(({ key, ...group }) => ({ ...group, key: key.map((value) => (typeof value === "string" ? value.trimEnd() : value)) })),
  ),
  grouping("groups by the first field alone", (query) => ({ ...query, groupBy: query.groupBy.slice(0, 1) })),
  grouping("cuts groups nowhere", (query) => ({ ...query, limit: 1_000 })),
  answering("has no group of nothing", (groups) => groups.filter(({ count }) => count > 0)),
  answering("has a null for the sum of nothing", (groups, { measures }) =>
    groups.map(({ values, ...group }) => ({
      ...group,
      values: values.map((value, i) => (measures[i]?.of === "sum" && value === "0e0" ? null : value)),
    })),
  ),
  answering("counts rows for values", (groups, { measures }) =>
    groups.map(({ values, ...group }) => ({
      ...group,
      values: values.map((value, i) => (measures[i]?.of === "values" ? group.count : value)),
    })),
  ),
  measuring("counts values for distinct ones", "distinct", "values"),
  measuring("takes the greatest for the least", "min", "max"),
  answering("adds integers with the errors of doubles", (groups, { measures }) =>
    groups.map(({ values, ...group }) => ({
      ...group,
      values: values.map((value, i) => (measures[i]?.of === "sum" ? decimalText(String(Number(value))) : value)),
    })),
  ),
  answering("rounds sums of other numbers to a tenth", (groups, { measures }) =>
    groups.map(({ values, ...group }) => ({
      ...group,
      values: values.map((value, i) =>
        measures[i]?.of === "sum" && measures[i]?.column.type === "float" ? decimalText(Number(value).toFixed(1)) : value,
      ),
    })),
  ),
  answering("answers measures in another order", (groups) =>
    groups.map(({ values, ...group }) => ({ ...group, values: values.toReversed() })),
  ),
  grouping("aggregates what does not match", (query) => ({ ...query, filter: undefined })),
  grouping("aggregates what is deleted", (query) => ({ ...query, includeDeleted: true })),
  grouping("never aggregates what is deleted", (query) => ({ ...query, includeDeleted: false })),
];
