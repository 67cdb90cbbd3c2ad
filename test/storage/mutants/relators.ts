import type { Filter, Related } from "../../../src/spec/query.ts";
import type { ReferrerQuery } from "../../../src/storage/referrers.ts";
import type { StoragePage } from "../../../src/storage/rows.ts";
import { filtering, type Mutant } from "./mutant.ts";

type Relational = Extract<Filter, { readonly related: Related }>;

const shownAll = (filter: Relational): Filter => {
  const { within: _within, ...related } = filter.related;
  return { ...filter, related };
};

/** Pages that are asked for or answered otherwise. */
const paging = (
  name: string,
  ask: (query: ReferrerQuery) => ReferrerQuery,
  answer: (pages: readonly StoragePage[], query: ReferrerQuery) => readonly StoragePage[] = (pages) => pages,
): Mutant => ({
  name,
  broken: ({ referrers }) => ({
    referrers: { pages: async (type, query) => answer(await referrers.pages(type, ask(query)), query) },
  }),
});

/** Storages that break the laws of relations: of filters along them, and of pages below them. */
export const relators: readonly Mutant[] = [
  filtering(
    "takes a filter through a missing target for false",
    (one) => ({ kind: "and", of: [{ kind: "some", related: one.related, of: { kind: "and", of: [] }, is: true }, one] }),
    "one",
  ),
  filtering("takes every for none", (some) => ({ ...some, is: true }), "some"),
  filtering(
    "takes unknown of others for true",
    (some) => (some.is ? some : { ...some, of: { kind: "not", of: some.of }, is: true }),
    "some",
  ),
  { ...filtering("shows others that are hidden", shownAll, "one", "some"), seenByOracle: false },
  paging(
    "answers pages in another order",
    (query) => query,
    (pages) => pages.toReversed(),
  ),
  paging(
    "leaves out pages without rows",
    (query) => query,
    (pages) => pages.filter(({ rows }) => rows.length > 0),
  ),
  paging(
    "cuts all pages together",
    (query) => query,
    (pages, { limit }) => pages.map((page, index) => ({ ...page, rows: index === 0 ? page.rows.slice(0, limit) : page.rows.slice(0, 1) })),
  ),
  paging("ignores where pages begin and end", ({ after: _after, before: _before, ...query }) => query),
  paging("takes the first rows of a page for the last", (query) => ({ ...query, fromEnd: false })),
  paging("pages over what does not match", (query) => ({ ...query, filter: undefined })),
  paging("pages over what is deleted", (query) => ({ ...query, includeDeleted: true })),
  paging(
    "counts the rows of a page for its total",
    (query) => query,
    (pages, { total }) => pages.map((page) => (total ? { ...page, total: page.rows.length } : page)),
  ),
  paging("counts pages when nobody asked", (query) => ({ ...query, total: true })),
  paging(
    "guesses what stands around pages",
    (query) => query,
    (pages, { after, limit }) => pages.map((page) => ({ ...page, hasPrevious: after !== undefined, hasNext: page.rows.length === limit })),
  ),
];
