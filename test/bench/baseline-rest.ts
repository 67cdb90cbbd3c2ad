import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { articleSchema } from "./article.ts";
import { type ArticleStore, cursorOf, type FullRow, type RevisionRow } from "./baseline-store.ts";

/**
 * A REST server as one writes it by hand: node:http, no framework, prepared statements, bodies checked by zod (the same
 * schema, no unknown fields), answers by `JSON.stringify`. It does not log, does not look at `accept`, and believes what it
 * reads. `BENCH_SPLICE=1` makes it leaner than most people would: stored JSON text goes into answers without being parsed.
 */
export function baselineRest(store: ArticleStore): Server {
  return createServer((request, response) => {
    answer(store, request, response).catch(() => send(response, 500, '{"code":"INTERNAL"}'));
  });
}

const strictSchema = articleSchema.strict();
const actor = "anonymous";
const splice = process.env.BENCH_SPLICE === "1";

async function answer(store: ArticleStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "/" } = request;
  const [path = "", search] = url.split("?", 2);
  const id = path.startsWith("/articles/") ? path.slice(10) : undefined;
  if (method === "GET" && id?.endsWith("/revisions")) return history(store, id.slice(0, -10), new URLSearchParams(search), response);
  if (method === "GET" && id) {
    const row = await store.get(id);
    return row ? sendRow(response, 200, row) : notFound(response);
  }
  if (method === "GET" && path === "/articles") return list(store, new URLSearchParams(search), response);
  if (method !== "POST" && method !== "PUT") return notFound(response);
  const parsed = strictSchema.safeParse(JSON.parse(await bodyOf(request)));
  if (!parsed.success) return send(response, 422, JSON.stringify({ code: "VALIDATION_FAILED", issues: parsed.error.issues }));
  if (method === "POST" && path === "/articles") return sendRow(response, 201, await store.create(parsed.data, actor));
  const row = id ? await store.update(id, parsed.data, actor) : undefined;
  return row ? sendRow(response, 200, row) : notFound(response);
}

async function list(store: ArticleStore, params: URLSearchParams, response: ServerResponse): Promise<void> {
  const first = Number(params.get("first") ?? 20);
  const total = params.get("count") === "true";
  const page = await store.list({ category: params.get("category") ?? "", stage: params.get("stage") ?? "", first, total });
  const [start, end] = [page.rows[0], page.rows.at(-1)];
  const pageInfo = {
    hasNextPage: page.hasNext,
    hasPreviousPage: false,
    startCursor: start ? cursorOf(start) : null,
    endCursor: end ? cursorOf(end) : null,
  };
  send(
    response,
    200,
    `{"items":[${page.rows.map(envelope).join(",")}],"pageInfo":${JSON.stringify(pageInfo)}${total ? `,"totalCount":${page.total}` : ""}}`,
  );
}

async function history(store: ArticleStore, id: string, params: URLSearchParams, response: ServerResponse): Promise<void> {
  const first = Number(params.get("first") ?? 20);
  const row = await store.get(id);
  const rows = row && store.history?.(id, first + 1);
  if (!row || !rows) return notFound(response);
  const shown = rows.slice(0, first);
  const cursor = (at: RevisionRow | undefined) => (at ? Buffer.from(String(at.number)).toString("base64url") : null);
  const pageInfo = {
    hasNextPage: rows.length > first,
    hasPreviousPage: false,
    startCursor: cursor(shown[0]),
    endCursor: cursor(shown.at(-1)),
  };
  const items = shown.map((each) => revisionEnvelope(id, each)).join(",");
  send(response, 200, `{"items":[${items}],"pageInfo":${JSON.stringify(pageInfo)},"totalCount":${row.revision_count}}`);
}

function revisionEnvelope(id: string, { number, parent, hash, created_at, created_by, data }: RevisionRow): string {
  const at = new Date(created_at).toISOString();
  const info = {
    id: `${id}:${number}`,
    number,
    parent,
    status: "stable",
    hash,
    createdAt: at,
    createdBy: created_by,
    updatedAt: at,
    updatedBy: created_by,
    schemaVersion: 1,
  };
  if (!splice) return JSON.stringify({ ...info, data: JSON.parse(data) });
  return `${JSON.stringify(info).slice(0, -1)},"data":${data}}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The same envelope as SpecStar's. */
function envelope(row: FullRow): string {
  const createdAt = new Date(row.created_at).toISOString();
  const updatedAt = row.updated_at === row.created_at ? createdAt : new Date(row.updated_at).toISOString();
  const revisedAt = row.revised_at === row.updated_at ? updatedAt : new Date(row.revised_at).toISOString();
  const meta = {
    version: row.version,
    createdAt,
    createdBy: row.created_by,
    updatedAt,
    updatedBy: row.updated_by,
    deletedAt: null,
    revisionCount: row.revision_count,
    schemaVersion: 1,
    status: "stable",
  };
  const revision = {
    id: `${row.id}:${row.current}`,
    number: row.current,
    parent: row.parent,
    status: "stable",
    hash: row.hash,
    createdAt: revisedAt,
    createdBy: row.revised_by,
    updatedAt: revisedAt,
    updatedBy: row.revised_by,
    schemaVersion: 1,
  };
  if (!splice) return JSON.stringify({ id: row.id, data: JSON.parse(row.data), meta, revision });
  return `{"id":"${row.id}","data":${row.data},"meta":${JSON.stringify(meta)},"revision":${JSON.stringify(revision)}}`;
}

function sendRow(response: ServerResponse, status: number, row: FullRow): void {
  send(response, status, envelope(row), {
    etag: `"${row.id}.${row.version}"`,
    ...(status === 201 ? { location: `/articles/${row.id}` } : {}),
  });
}

const notFound = (response: ServerResponse): void => send(response, 404, '{"code":"NOT_FOUND"}');

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers }).end(body);
}
