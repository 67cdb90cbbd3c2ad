import { articleAt, categories, stages } from "./article.ts";

export const operations = ["get", "list", "update", "create"] as const;
export type Operation = (typeof operations)[number];
export type Door = "rest" | "graphql";

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

/** What an editor sends for the same resource: all of it, with another body, another title and more views. Never twice the same. */
function editAt(ids: readonly string[], n: number): string {
  const { title, body, views } = articleAt(n + 1);
  return JSON.stringify({ ...articleAt((n * stride) % ids.length), title, body, views });
}

const textAt = (n: number): string => texts[n % texts.length] ?? "";
const categoryAt = (n: number): string => `category-${(n * 31) % categories}`;
const stageAt = (n: number): string => stages[(n * 7) % stages.length] ?? "";

const makers: Record<Door, Record<Operation, { readonly begin: string; readonly make: (n: number, ids: readonly string[]) => string }>> = {
  rest: {
    get: { begin: '{"id":"article_', make: (n, ids) => http("GET", `/articles/${idAt(ids, n)}`) },
    list: {
      begin: '{"items":[{"id":"article_',
      make: (n) => http("GET", `/articles?category=${categoryAt(n)}&stage=${stageAt(n)}&orderBy=-publishedAt&first=20&count=true`),
    },
    update: { begin: '{"id":"article_', make: (n, ids) => http("PUT", `/articles/${idAt(ids, n)}`, editAt(ids, n)) },
    create: { begin: '{"id":"article_', make: (n) => http("POST", "/articles", textAt(n)) },
  },
  graphql: {
    get: { begin: '{"data":{"article":{"id"', make: (n, ids) => graphql(getDocument, `{"id":"${idAt(ids, n)}"}`) },
    list: {
      begin: '{"data":{"articles":{"nodes":[{"id"',
      make: (n) => graphql(listDocument, `{"category":"${categoryAt(n)}","stage":"${stageAt(n)}"}`),
    },
    update: {
      begin: '{"data":{"result":{"article":{"id"',
      make: (n, ids) => graphql(updateDocument, `{"id":"${idAt(ids, n)}","data":${editAt(ids, n)}}`),
    },
    create: { begin: '{"data":{"result":{"article":{"id"', make: (n) => graphql(createDocument, `{"data":${textAt(n)}}`) },
  },
};

export function workloadOf(door: Door, operation: Operation, ids: readonly string[]): Workload {
  const { begin, make } = makers[door][operation];
  let n = 0;
  return { begin, next: () => make(n++, ids) };
}

const fields = "id title body stage category views score publishedAt meta { version updatedAt }";
const getDocument = `query Get($id: ID!) { article(id: $id) { ${fields} } }`;
const listDocument = `query List($category: String!, $stage: ArticleStage!) {
  articles(where: { category: { eq: $category }, stage: { eq: $stage } }, orderBy: [{ publishedAt: DESC }], first: 20) {
    nodes { ${fields} }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`;
const createDocument = `mutation Create($data: CreateArticleInput!) { result: createArticle(data: $data) { ... on CreateArticleSuccess { article { ${fields} } } } }`;
const updateDocument = `mutation Update($id: ID!, $data: UpdateArticleInput!) { result: updateArticle(id: $id, data: $data) { ... on UpdateArticleSuccess { article { ${fields} } } } }`;

/** All that is sent is ASCII, so characters are bytes. */
function http(method: string, path: string, body = ""): string {
  const about = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${about}\r\n${body}`;
}

const graphql = (document: string, variables: string): string =>
  http("POST", "/graphql", `{"query":${JSON.stringify(document)},"variables":${variables}}`);
