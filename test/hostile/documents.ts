/** A GraphQL request that must be refused before anything of it runs. */
export interface HostileDocument {
  readonly what: string;
  readonly query: string;
  /** JSON text, because some of it no object could hold. */
  readonly variables?: string;
  /** What the refusal says. */
  readonly says: RegExp;
}

export const times = (count: number, make: (i: number) => string, between = " "): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(between);
const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const nested = (levels: number): string => `${'{"not":'.repeat(levels)}{}${"}".repeat(levels)}`;
/** Each fragment spreads the next one twice: 25 of them are 1 KB of text and 16.7 million fields. */
export const fan = (levels: number, body = (next: string) => `${next} ... { ${next} }`): string =>
  `{ articles { nodes { ...f0 } } } ${times(levels, (i) => `fragment f${i} on Article { ${body(`...f${i + 1}`)} }`)} fragment f${levels} on Article { id }`;

const cost = /over the limit of 5000 for cost/;
const tokens = /over the limit of 2000 tokens/;
const repeats = /over the limit of 200 for repeated fields/;

/** SECURITY's list of costs. */
export const costs: readonly HostileDocument[] = [
  { what: "10 000 aliases", query: `{ ${times(10_000, (i) => `a${i}: __typename`)} }`, says: tokens },
  { what: "31 aliases", query: `{ article(id: "x") { ${times(31, (i) => `a${i}: id`)} } }`, says: /limit of 30 for aliases/ },
  { what: "10 000 repeated fields", query: `{ ${times(10_000, () => "__typename")} }`, says: tokens },
  { what: "1 000 repeated fields", query: `{ article(id: "x") { ${times(1_000, () => "id")} } }`, says: repeats },
  {
    what: "repeated fields in repeated fields",
    query: `{ article(id: "x") { ${times(130, () => `author { ${times(12, () => "name")} }`)} } }`,
    says: repeats,
  },
  {
    what: "the same fields in many fragments",
    query: `{ article(id: "x") { ${times(85, (i) => `...f${i}`)} } } ${times(85, (i) => `fragment f${i} on Article { id title body authorId }`)}`,
    says: repeats,
  },
  { what: "10 000 directives", query: `{ __typename ${times(10_000, () => "@skip(if: false)")} }`, says: tokens },
  { what: "1 000 fragments", query: `{ __typename } ${times(1_000, (i) => `fragment f${i} on Article { id }`)}`, says: tokens },
  { what: "10 000 variables", query: `query (${times(10_000, (i) => `$a${i}: Int`)}) { __typename }`, says: tokens },
  { what: "a list of 10 000 values", query: `{ nodes(ids: [${times(10_000, () => '"x"')}]) { id } }`, says: tokens },
  {
    what: "rows in bulk",
    query: `mutation { createArticles(data: [${times(100, (i) => `{ title: "${i}" }`)}]) { ... on CreateArticleSuccess { article { ${times(60, (i) => (i < 29 ? `a${i}: id` : "id"))} } } } }`,
    says: cost,
  },
  {
    what: "rows in bulk, in a variable",
    query: `mutation ($rows: [DeleteArticleOperation!]!) { a: deleteArticles(rows: $rows) { __typename } ${times(12, (i) => `a${i}: deleteArticles(rows: $rows) { __typename }`)} }`,
    variables: JSON.stringify({ rows: Array.from({ length: 200 }, () => ({ id: "article_x" })) }),
    says: cost,
  },
  {
    what: "operations of a unit",
    query: `mutation ($operations: [Operation!]!) { ${times(9, (i) => `a${i}: transact(operations: $operations) { ... on TransactSuccess { results { id resource { id } } } }`)} }`,
    variables: JSON.stringify({ operations: Array.from({ length: 150 }, () => ({ deleteArticle: { id: "article_x" } })) }),
    says: cost,
  },
  { what: "21 root fields", query: `{ ${times(21, (i) => `a${i}: __typename`)} }`, says: /limit of 20 for root fields/ },
  {
    what: "21 root fields in fragments",
    query: `{ ${times(7, (i) => `...f${i}`)} } ${times(7, (i) => `fragment f${i} on Query { a${i}: __typename b${i}: __typename c${i}: __typename }`)}`,
    says: /limit of 20 for root fields/,
  },
  { what: "fragments that double 25 times", query: fan(25), says: cost },
  {
    what: "fragments that double by aliases",
    query: fan(14, (next) => `a: revision { resource { ${next} } } b: revision { resource { ${next} } }`),
    says: /limit of (5000 for cost|12 for depth)/,
  },
  {
    what: "a fragment that spreads itself",
    query: `{ article(id: "x") { ...a } } fragment a on Article { ...a }`,
    says: /spreads itself/,
  },
  {
    what: "fragments in a circle",
    query: `{ article(id: "x") { ...a } } fragment a on Article { ...b } fragment b on Article { author { id } ...a }`,
    says: /spreads itself/,
  },
  { what: "6 000 levels", query: `${"{ a".repeat(6_000)}${"}".repeat(6_000)}`, says: tokens },
  { what: "a list 6 000 deep", query: `{ articles(where: ${deep(6_000)}) { totalCount } }`, says: tokens },
  { what: "a type 6 000 deep", query: `query ($a: ${"[".repeat(6_000)}Int${"]".repeat(6_000)}) { __typename }`, says: tokens },
  {
    what: "13 levels",
    query: `{ article(id: "x") ${"{ revision { resource ".repeat(6)} { id } ${"} }".repeat(6)} }`,
    says: /limit of 12 for depth/,
  },
  {
    what: "13 levels through fragments",
    query: `{ article(id: "x") { ...f0 } } ${times(6, (i) => `fragment f${i} on Article { revision { resource { ...f${i + 1} } } }`)} fragment f6 on Article { id }`,
    says: /limit of 12 for depth/,
  },
  { what: "a page of 1e9", query: `{ articles(first: 1000000000) { nodes { id } } }`, says: cost },
  {
    what: "a page of 1e9 by variable",
    query: `query ($n: Int) { articles(first: $n) { nodes { id } } }`,
    variables: '{"n":1e9}',
    says: cost,
  },
  { what: "a page of 1e9 by default", query: `query ($n: Int = 1000000000) { articles(first: $n) { nodes { id } } }`, says: cost },
  { what: "a page of 1e9 without rows", query: `{ articles(last: 1000000000) { totalCount } }`, says: /last is at most 200/ },
  {
    what: "pages in pages",
    query: `{ articles(first: 100) { nodes { revisions(first: 100) { nodes { id } } } } }`,
    says: /limit of 5000 for cost: it has/,
  },
  {
    what: "pages in pages by variable",
    query: `query ($n: Int) { articles(first: $n) { nodes { revisions(first: $n) { edges { node { id } } } } } }`,
    variables: '{"n":100}',
    says: cost,
  },
  {
    what: "pages behind fragments",
    query: `{ ...a } fragment a on Query { articles(last: 200) { ...b } } fragment b on ArticleConnection { nodes { revisions { nodes { id number } } } }`,
    says: cost,
  },
  { what: "a negative page", query: `{ articles(first: -1) { totalCount } }`, says: /must not be negative/ },
  {
    what: "a negative page by variable",
    query: `query ($n: Int) { articles(last: $n) { totalCount } }`,
    variables: '{"n":-1}',
    says: /must not be negative/,
  },
  { what: "a page beyond Int", query: `query ($n: Int) { articles(first: $n) { totalCount } }`, variables: '{"n":1e300}', says: /.+/ },
  { what: "introspection many times over", query: `{ ${times(6, (i) => `a${i}: __schema { types { name } }`)} }`, says: cost },
  {
    what: "many nodes with much below them",
    query: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Article { ${"id author { id name } ".repeat(13)} } } }`,
    variables: JSON.stringify({ ids: Array.from({ length: 200 }, () => "x") }),
    says: cost,
  },
  {
    what: "a subscription to everything at once",
    query: `subscription { ${times(25, (i) => `a${i}: articleChanged { kind }`)} }`,
    says: /.+/,
  },
  {
    what: "a variable 100 000 deep",
    query: "query ($w: ArticleWhere) { articles(where: $w) { totalCount } }",
    variables: `{"w":${deep(100_000)}}`,
    says: /64 levels/,
  },
  {
    what: "a filter 10 000 deep",
    query: "query ($w: ArticleWhere) { articles(where: $w) { totalCount } }",
    variables: `{"w":${nested(10_000)}}`,
    says: /64 levels/,
  },
];
