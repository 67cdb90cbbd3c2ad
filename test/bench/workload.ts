import { fail } from "../../src/errors.ts";
import { articleAt, categories, editedArticle, stages } from "./article.ts";
import { cityAt } from "./library.ts";

/** In this order: creates come last because they add rows. A page is a list that does not count what there is; a total counts alone; a history is one of 50 revisions, nested three levels of lists. */
export const operations = ["get", "page", "list", "total", "history", "nested", "update", "create"] as const;
export type Operation = (typeof operations)[number];
/** Whose requests they are. */
export type Door = "rest" | "graphql" | "postgraphile";

/** One operation, again and again: the same requests for both servers, but for the ids. */
export interface Workload {
  readonly next: () => string;
  /** What a right answer begins with. */
  readonly begin: string;
}

/** Prime, and prime to the number of rows: requests jump around instead of walking along. */
const stride = 15_485_863;

/** New data as JSON text, made beforehand. */
const texts = Array.from({ length: 4096 }, (_, n) => JSON.stringify(articleAt(n)));

const idAt = (ids: readonly string[], n: number): string => ids[(n * stride) % ids.length] ?? "";

/** What an editor sends for the same resource. Never twice the same. */
const editAt = (ids: readonly string[], n: number): string => JSON.stringify(editedArticle((n * stride) % ids.length, n + 1));

const textAt = (n: number): string => texts[n % texts.length] ?? "";
const categoryAt = (n: number): string => `category-${(n * 31) % categories}`;
const stageAt = (n: number): string => stages[(n * 7) % stages.length] ?? "";

interface Maker {
  readonly begin: string;
  readonly make: (n: number, ids: readonly string[]) => string;
}

const listAt = (n: number): string => `/articles?category=${categoryAt(n)}&stage=${stageAt(n)}&orderBy=-publishedAt&first=20`;

const rest: Partial<Record<Operation, Maker>> = {
  get: { begin: '{"id":"article_', make: (n, ids) => http("GET", `/articles/${idAt(ids, n)}`) },
  list: { begin: '{"items":[{"id":"article_', make: (n) => http("GET", `${listAt(n)}&count=true`) },
  history: { begin: '{"items":[{"id":"article_', make: (n, ids) => http("GET", `/articles/${idAt(ids, n)}/revisions?first=50`) },
  page: { begin: '{"items":[{"id":"article_', make: (n) => http("GET", listAt(n)) },
  total: { begin: '{"count":', make: (n) => http("GET", `/articles/count?category=${categoryAt(n)}`) },
  update: { begin: '{"id":"article_', make: (n, ids) => http("PUT", `/articles/${idAt(ids, n)}`, editAt(ids, n)) },
  create: { begin: '{"id":"article_', make: (n) => http("POST", "/articles", textAt(n)) },
};

interface Documents {
  readonly get: string;
  readonly history?: string;
  readonly list: string;
  readonly nested: string;
  readonly update: string;
  readonly create: string;
}

const asking = ({ get, history, list, nested, update, create }: Documents): Partial<Record<Operation, Maker>> => ({
  ...(history === undefined
    ? {}
    : { history: { begin: '{"data":{"article":{"id"', make: (n, ids) => graphql(history, `{"id":"${idAt(ids, n)}"}`) } }),
  get: { begin: '{"data":{"article":{"id"', make: (n, ids) => graphql(get, `{"id":"${idAt(ids, n)}"}`) },
  list: {
    begin: '{"data":{"articles":{"nodes":[{"id"',
    make: (n) => graphql(list, `{"category":"${categoryAt(n)}","stage":"${stageAt(n)}"}`),
  },
  nested: { begin: '{"data":{"authors":{"nodes":[{"id"', make: (n) => graphql(nested, `{"city":"${cityAt(n)}"}`) },
  update: {
    begin: '{"data":{"result":{"article":{"id"',
    make: (n, ids) => graphql(update, `{"id":"${idAt(ids, n)}","data":${editAt(ids, n)}}`),
  },
  create: { begin: '{"data":{"result":{"article":{"id"', make: (n) => graphql(create, `{"data":${textAt(n)}}`) },
});

const fields = "id title body stage category views score publishedAt meta { version updatedAt }";
const documents: Documents = {
  get: `query Get($id: ID!) { article(id: $id) { ${fields} } }`,
  history: `query History($id: ID!) {
    article(id: $id) {
      id
      revisions(first: 50) { nodes { number createdAt createdBy data { title body stage category views score publishedAt } } totalCount }
    }
  }`,
  list: `query List($category: String!, $stage: ArticleStage!) {
    articles(where: { category: { eq: $category }, stage: { eq: $stage } }, orderBy: [{ publishedAt: DESC }], first: 20) {
      nodes { ${fields} }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }`,
  nested: `query Nested($city: String!) {
    authors(where: { city: { eq: $city } }, first: 20) {
      nodes { id name books(first: 10) { nodes { id title year author { name } reviews(first: 5) { nodes { id stars text } } } } }
    }
  }`,
  create: `mutation Create($data: CreateArticleInput!) { result: createArticle(data: $data) { ... on CreateArticleSuccess { article { ${fields} } } } }`,
  update: `mutation Update($id: ID!, $data: UpdateArticleInput!) { result: updateArticle(id: $id, data: $data) { ... on UpdateArticleSuccess { article { ${fields} } } } }`,
};

/** The same questions in the words of PostGraphile's schema. */
const theirFields = "id: rowId title body stage category views score publishedAt version updatedAt";
const theirDocuments: Documents = {
  get: `query Get($id: String!) { article: articleByRowId(rowId: $id) { ${theirFields} } }`,
  list: `query List($category: String!, $stage: String!) {
    articles: allArticles(condition: { category: $category, stage: $stage }, orderBy: [PUBLISHED_AT_DESC, ROW_ID_DESC], first: 20) {
      nodes { ${theirFields} }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }`,
  nested: `query Nested($city: String!) {
    authors: allAuthors(condition: { city: $city }, first: 20) {
      nodes {
        id: rowId name
        books: booksByAuthorId(first: 10) {
          nodes {
            id: rowId title year author: authorByAuthorId { name }
            reviews: reviewsByBookId(first: 5) { nodes { id: rowId stars text } }
          }
        }
      }
    }
  }`,
  create: `mutation Create($data: ArticleInput!) { result: createArticle(input: { article: $data }) { article { ${theirFields} } } }`,
  update: `mutation Update($id: String!, $data: ArticlePatch!) { result: updateArticleByRowId(input: { rowId: $id, articlePatch: $data }) { article { ${theirFields} } } }`,
};

const makers: Record<Door, Partial<Record<Operation, Maker>>> = { rest, graphql: asking(documents), postgraphile: asking(theirDocuments) };

export function workloadOf(door: Door, operation: Operation, ids: readonly string[]): Workload {
  const maker = makers[door][operation];
  if (!maker) throw fail("UNSUPPORTED", `There is no ${operation} for ${door}`);
  const { begin, make } = maker;
  let n = 0;
  return { begin, next: () => make(n++, ids) };
}

/** All that is sent is ASCII, so characters are bytes. */
function http(method: string, path: string, body = ""): string {
  const about = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${about}\r\n${body}`;
}

const graphql = (document: string, variables: string): string =>
  http("POST", "/graphql", `{"query":${JSON.stringify(document)},"variables":${variables}}`);
