/** Data that must be refused wherever it stands. The place of a resource that is there is `{id}`. */
export interface HostileData {
  readonly what: string;
  /** Over GraphQL: refused by its types or by the operation, as an entry of errors or a member of the result. */
  readonly graphql?: { readonly query: string; readonly variables: string };
  readonly rest: { readonly method: string; readonly path: string; readonly type?: string; readonly body?: string };
  readonly restCode: "BAD_REQUEST" | "VALIDATION_FAILED" | "CONFLICT";
}

const long = "x".repeat(10_000);
const names = [
  ["a quote", `a"b`],
  ["an apostrophe", "a'b"],
  ["a comment of SQL", "title--"],
  ["a dollar quote", "$$title$$"],
  ["a cast", "title::text"],
  ["an arrow", "title->>'x'"],
  ["dots", "title..x"],
  ["brackets", "title[0]"],
  ["NUL", "title\u0000"],
  ["10 KB", long],
  ["nothing", ""],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["prototype", "constructor.prototype"],
  ["a method of objects", "hasOwnProperty"],
  ["a column of the platform", "_state"],
] as const;

const text = (value: unknown): string => JSON.stringify(value);
const filters = "query ($w: ArticleWhere) { articles(where: $w) { nodes { id } } }";
const orders = "query ($o: [ArticleOrderBy!]) { articles(orderBy: $o) { nodes { id } } }";

/** SECURITY's list of injections: names that would reach SQL, or JavaScript's own objects, if they were believed. */
export const injections: readonly HostileData[] = [
  ...names.map(
    ([what, name]): HostileData => ({
      what: `a field of a filter with ${what}`,
      graphql: { query: filters, variables: `{"w":{${text(name)}:{"eq":"a"}}}` },
      rest: { method: "GET", path: `/articles?where=${encodeURIComponent(`{${text(name)}:{"eq":"a"}}`)}` },
      restCode: "BAD_REQUEST",
    }),
  ),
  ...names.map(
    ([what, name]): HostileData => ({
      what: `an operator with ${what}`,
      graphql: { query: filters, variables: `{"w":{"title":{${text(name)}:"a"}}}` },
      rest: { method: "GET", path: `/articles?title[${encodeURIComponent(name)}]=a` },
      restCode: "BAD_REQUEST",
    }),
  ),
  ...names.map(
    ([what, name]): HostileData => ({
      what: `an order with ${what}`,
      graphql: { query: orders, variables: `{"o":[{${text(name)}:"ASC"}]}` },
      rest: { method: "GET", path: `/articles?orderBy=${encodeURIComponent(name)}` },
      restCode: "BAD_REQUEST",
    }),
  ),
  ...names.map(
    ([what, name]): HostileData => ({
      what: `a parameter with ${what}`,
      rest: { method: "GET", path: `/articles?${encodeURIComponent(name)}=a` },
      restCode: "BAD_REQUEST",
    }),
  ),
  ...(['{"eq":{}}', '{"eq":["a"]}', '{"contains":1}', '{"in":[{}]}', '"a"', "[]", "true"] as const).map(
    (operand): HostileData => ({
      what: `${operand} where a test of a string stands`,
      graphql: { query: filters, variables: `{"w":{"title":${operand}}}` },
      rest: { method: "POST", path: "/articles/search", body: `{"where":{"title":${operand}}}` },
      restCode: "BAD_REQUEST",
    }),
  ),
];

const creating = "mutation ($d: CreateArticleInput!) { created: createArticle(data: $d) { __typename ... on Error { code } } }";
const updating = 'mutation ($d: UpdateArticleInput!) { updated: updateArticle(id: "{id}", data: $d) { __typename ... on Error { code } } }';
const merging = 'mutation ($d: PatchArticleInput!) { patched: patchArticle(id: "{id}", merge: $d) { __typename ... on Error { code } } }';
const patching =
  'mutation ($o: [JsonPatchOperation!]!) { patched: patchArticle(id: "{id}", operations: $o) { __typename ... on Error { code } } }';

const members = [
  '"__proto__":{"polluted":true}',
  '"constructor":{"prototype":{"polluted":true}}',
  '"prototype":{}',
  '"id":"article_x"',
  '"meta":{"version":9}',
  '"revision":{"number":9}',
  '"version":9',
  '"createdAt":"2020-01-01T00:00:00Z"',
  '"createdBy":"root"',
  '"updatedAt":"2020-01-01T00:00:00Z"',
  '"hash":"sha256:0"',
  '"status":"draft"',
  '"deletedAt":"2020-01-01T00:00:00Z"',
  '"authorId":"author_x"',
] as const;

const json = "application/json-patch+json";
const mergeJson = "application/merge-patch+json";
/** Each copy doubles what there is: 22 of them make 16.8 MB of one line. */
const copies = [
  '{"op":"replace","path":"/tags","value":["xxxx"]}',
  ...Array.from({ length: 22 }, () => '{"op":"copy","from":"/tags","path":"/tags/-"}'),
].join(",");

const operations: readonly (readonly [what: string, operations: string, restCode: HostileData["restCode"]])[] = [
  ["a path through __proto__", '{"op":"add","path":"/__proto__/polluted","value":true}', "BAD_REQUEST"],
  ["a path through constructor", '{"op":"add","path":"/constructor/prototype/polluted","value":true}', "BAD_REQUEST"],
  ["a copy from __proto__", '{"op":"copy","from":"/__proto__","path":"/extra"}', "BAD_REQUEST"],
  ["a value with __proto__", '{"op":"add","path":"/extra","value":{"__proto__":{"polluted":true}}}', "BAD_REQUEST"],
  ["22 copies of itself", copies, "BAD_REQUEST"],
  ["257 operations", Array.from({ length: 257 }, () => '{"op":"test","path":"/title","value":"a"}').join(","), "BAD_REQUEST"],
  ["an index with a leading zero", '{"op":"replace","path":"/tags/00","value":"b"}', "CONFLICT"],
  ["a negative index", '{"op":"replace","path":"/tags/-1","value":"b"}', "CONFLICT"],
  ["an index of 2^32-1", '{"op":"add","path":"/tags/4294967295","value":"b"}', "CONFLICT"],
  ["the id", '{"op":"replace","path":"/id","value":"article_x"}', "CONFLICT"],
  ["the version", '{"op":"add","path":"/version","value":9}', "VALIDATION_FAILED"],
];

/** SECURITY's list of objects: what would alter JavaScript's own, grow without end, or set what only the platform sets. */
export const objects: readonly HostileData[] = [
  ...members.flatMap((member): HostileData[] => [
    {
      what: `create with ${member}`,
      graphql: { query: creating, variables: `{"d":{"title":"b",${member}}}` },
      rest: { method: "POST", path: "/articles", body: `{"title":"b",${member}}` },
      restCode: "VALIDATION_FAILED",
    },
    {
      what: `update with ${member}`,
      graphql: { query: updating, variables: `{"d":{"title":"b",${member}}}` },
      rest: { method: "PUT", path: "/articles/{id}", body: `{"title":"b",${member}}` },
      restCode: "VALIDATION_FAILED",
    },
    {
      what: `a merge patch with ${member}`,
      graphql: { query: merging, variables: `{"d":{${member}}}` },
      rest: { method: "PATCH", path: "/articles/{id}", type: mergeJson, body: `{${member}}` },
      restCode: "VALIDATION_FAILED",
    },
  ]),
  ...operations.map(
    ([what, list, restCode]): HostileData => ({
      what: `a patch of ${what}`,
      graphql: { query: patching, variables: `{"o":[${list}]}` },
      rest: { method: "PATCH", path: "/articles/{id}", type: json, body: `[${list}]` },
      restCode,
    }),
  ),
];
