import type { Stored } from "../../../src/storage/rows.ts";
import { answering, filtering, type Mutant } from "./mutant.ts";

/** Storages that break the laws of searching. */
export const searchers: readonly Mutant[] = [
  { name: "pages off by one", broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, limit: query.limit + 1 }) }) },
  {
    name: "ignores where a page begins",
    broken: (sound) => ({ search: (type, { after: _after, ...query }) => sound.search(type, query) }),
  },
  {
    name: "takes the first rows for the last",
    broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, fromEnd: false }) }),
  },
  {
    name: "guesses what stands around a page",
    broken: (sound) => ({
      search: async (type, query) => {
        const page = await sound.search(type, query);
        return { ...page, hasPrevious: query.after !== undefined, hasNext: page.rows.length === query.limit };
      },
    }),
  },
  {
    name: "has an unstable order",
    seenByOracle: true,
    broken: (sound) => ({
      search: (type, query) =>
        sound.search(type, {
          ...query,
          order: query.order.map((key, index) =>
            index > 0 && index === query.order.length - 1 ? { ...key, descending: !key.descending } : key,
          ),
        }),
    }),
  },
  {
    name: "puts nulls first",
    seenByOracle: true,
    broken: (sound) => ({
      search: async (type, query) => {
        const page = await sound.search(type, query);
        const places = [...page.rows.keys()];
        const missing = (place: number) => page.positions[place]?.[0] === null;
        const order = [...places.filter(missing), ...places.filter((place) => !missing(place))];
        return {
          ...page,
          rows: order.flatMap((place) => page.rows[place] ?? []),
          positions: order.flatMap((place) => [page.positions[place] ?? []]),
        };
      },
    }),
  },
  {
    name: "shows what it read before",
    broken: (sound) => {
      const before = new Map<string, Stored>();
      return {
        search: async (type, query) => {
          const page = await sound.search(type, query);
          for (const row of page.rows) if (!before.has(row.meta.id)) before.set(row.meta.id, row);
          return { ...page, rows: page.rows.map((row) => before.get(row.meta.id) ?? row) };
        },
      };
    },
  },
  {
    name: "counts the page for the total",
    broken: (sound) => ({
      search: async (type, query) => {
        const page = await sound.search(type, query);
        return query.total ? { ...page, total: page.rows.length } : page;
      },
    }),
  },
  { name: "counts when nobody asked", broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, total: true }) }) },
  {
    name: "always shows what is deleted",
    seenByOracle: true,
    broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, includeDeleted: true }) }),
  },
  {
    name: "never shows what is deleted",
    seenByOracle: true,
    broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, includeDeleted: false }) }),
  },
  {
    name: "cannot search an empty table",
    broken: (sound) => ({
      search: async (type, query) => {
        const page = await sound.search(type, query);
        return page.rows.length === 0 ? { ...page, hasNext: true } : page;
      },
    }),
  },
  answering("answers rows without their columns", (stored) => ({ ...stored, meta: { ...stored.meta, columns: {} } })),
  filtering("folds case", (test) => (test.operator === "eq" && test.column.type === "string" ? { ...test, operator: "iEq" } : test)),
  filtering("knows case, where none is asked for", (test) => (test.operator === "iEq" ? { ...test, operator: "eq" } : test)),
  filtering("takes % and _ for wildcards", (test) =>
    typeof test.operand === "string" ? { ...test, operand: test.operand.replaceAll(/[%_]/g, "") } : test,
  ),
  filtering("takes unknown for false", (test) => ({ kind: "and", of: [{ kind: "null", column: test.column, is: false }, test] })),
  filtering("takes an empty list for no filter", (test) =>
    Array.isArray(test.operand) && test.operand.length === 0 ? { kind: "and", of: [] } : test,
  ),
  filtering("takes greater or equal for greater", (test) => (test.operator === "gte" ? { ...test, operator: "gt" } : test)),
];
