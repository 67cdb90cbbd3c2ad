import type { IncomingHttpHeaders } from "node:http";
import { type DoubleBucket, type StoredObject, sliceOf } from "./s3-double-bucket.ts";

export interface DoubleRequest {
  readonly method: string;
  readonly bucketName: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Iterable<Uint8Array>;
}

interface Manners {
  readonly preconditions: boolean;
  readonly unquotedIfMatch: boolean;
}

const statuses: Readonly<Record<string, number>> = {
  NoSuchKey: 404,
  NoSuchBucket: 404,
  NoSuchUpload: 404,
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  PreconditionFailed: 412,
  InvalidRange: 416,
  NotImplemented: 501,
};

export const errorAnswer = (code: string, status = statuses[code] ?? 400): Answer =>
  xml("Error", `<Code>${code}</Code><Message>${code} of the double</Message>`, status);

const xml = (root: string, inside: string, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: [Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><${root}>${inside}</${root}>`)],
});

const empty = (status: number, headers: Answer["headers"] = {}): Answer => ({ status, headers, body: [] });

/** What S3 answers to a request whose signature and checksums are good. */
export function answerOf(bucket: DoubleBucket, request: DoubleRequest, manners: Manners): Answer {
  const { method, key, query } = request;
  if (key === "") return answerOfBucket(bucket, request);
  if (query.has("uploads"))
    return xml("InitiateMultipartUploadResult", `<UploadId>${bucket.startUpload(key, metadataOf(request))}</UploadId>`);
  const upload = query.get("uploadId");
  if (upload !== null) return answerOfUpload(bucket, request, upload);
  if (method === "PUT") return refusal(bucket, request, manners) ?? put(bucket, request);
  if (method === "GET" || method === "HEAD") return get(bucket, request);
  if (method === "DELETE") return bucket.objects.delete(key) ? empty(204) : empty(204);
  return errorAnswer("NotImplemented");
}

function answerOfBucket(bucket: DoubleBucket, { method, query, body }: DoubleRequest): Answer {
  if (query.has("delete")) {
    for (const key of tagged(body, "Key")) bucket.objects.delete(key);
    return xml("DeleteResult", "");
  }
  if (query.has("uploads")) {
    const prefix = query.get("prefix") ?? "";
    const uploads = [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix));
    return xml(
      "ListMultipartUploadsResult",
      uploads
        .map(
          ([id, { key, at }]) => `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${iso(at)}</Initiated></Upload>`,
        )
        .join(""),
    );
  }
  if (query.get("list-type") === "2") return list(bucket, query);
  return method === "PUT" || method === "HEAD" ? empty(200) : errorAnswer("NotImplemented");
}

function list(bucket: DoubleBucket, query: URLSearchParams): Answer {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const { keys, more } = bucket.list(query.get("prefix") ?? "", after, Math.min(Number(query.get("max-keys") ?? 1000), 1000));
  const contents = keys.map((key) => {
    const { size, etag, at } = bucket.objects.get(key) ?? { size: 0, etag: "", at: 0 };
    return `<Contents><Key>${escaped(key)}</Key><LastModified>${iso(at)}</LastModified><ETag>${escaped(etag)}</ETag><Size>${size}</Size></Contents>`;
  });
  const next = more ? `<NextContinuationToken>${escaped(keys.at(-1) ?? "")}</NextContinuationToken>` : "";
  return xml("ListBucketResult", `<KeyCount>${keys.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}`);
}

function answerOfUpload(bucket: DoubleBucket, request: DoubleRequest, id: string): Answer {
  const { method, query, body } = request;
  if (method === "DELETE") return bucket.uploads.delete(id) ? empty(204) : errorAnswer("NoSuchUpload");
  if (method === "POST") {
    const etags = tagged(body, "ETag");
    const numbers = tagged(body, "PartNumber").map(Number);
    const done = bucket.completeUpload(
      id,
      numbers.map((number, i) => ({ number, etag: etags[i] ?? "" })),
    );
    return typeof done === "string" ? errorAnswer(done) : xml("CompleteMultipartUploadResult", `<ETag>${escaped(done.etag)}</ETag>`);
  }
  const chunks = copiedChunks(bucket, request) ?? [body];
  if (chunks === "missing") return errorAnswer("NoSuchKey");
  const part = bucket.putPart(id, Number(query.get("partNumber")), chunks);
  if (!part) return errorAnswer("NoSuchUpload");
  return chunks[0] === body
    ? empty(200, { etag: part.etag })
    : xml("CopyPartResult", `<ETag>${escaped(part.etag)}</ETag><LastModified>${iso(part.at)}</LastModified>`);
}

function refusal(bucket: DoubleBucket, { key, headers }: DoubleRequest, { preconditions, unquotedIfMatch }: Manners): Answer | undefined {
  if (!preconditions) return undefined;
  const object = bucket.objects.get(key);
  if (headers["if-none-match"] === "*" && object) return errorAnswer("PreconditionFailed");
  const wanted = headers["if-match"];
  if (wanted === undefined) return undefined;
  if (!object) return errorAnswer("NoSuchKey");
  const etag = unquotedIfMatch ? object.etag.replaceAll('"', "") : object.etag;
  return wanted === etag ? undefined : errorAnswer("PreconditionFailed");
}

function put(bucket: DoubleBucket, request: DoubleRequest): Answer {
  const copied = copiedChunks(bucket, request);
  if (copied === "missing") return errorAnswer("NoSuchKey");
  const { etag, at } = bucket.put(request.key, copied ?? [request.body], metadataOf(request));
  return copied ? xml("CopyObjectResult", `<ETag>${escaped(etag)}</ETag><LastModified>${iso(at)}</LastModified>`) : empty(200, { etag });
}

/** Bytes of the object that a copy names; undefined where the request is no copy. */
function copiedChunks(bucket: DoubleBucket, { headers }: DoubleRequest): readonly Buffer[] | "missing" | undefined {
  const source = headers["x-amz-copy-source"];
  if (typeof source !== "string") return undefined;
  const object = bucket.objects.get(decodeURIComponent(source.replace(/^\/?[^/]+\//, "")));
  if (!object) return "missing";
  const range = rangeOf(String(headers["x-amz-copy-source-range"] ?? ""), object);
  return range === "outside" ? "missing" : [...sliceOf(object, ...(range ?? [0, object.size - 1]))];
}

function get(bucket: DoubleBucket, { method, key, headers, query }: DoubleRequest): Answer {
  const object = bucket.objects.get(key);
  if (!object) return method === "HEAD" ? empty(404) : errorAnswer("NoSuchKey");
  const range = rangeOf(headers.range ?? "", object);
  if (range === "outside") return errorAnswer("InvalidRange");
  const [start, end] = range ?? [0, object.size - 1];
  return {
    status: range ? 206 : 200,
    headers: {
      etag: object.etag,
      "last-modified": new Date(object.at).toUTCString(),
      "content-length": end - start + 1,
      ...(range ? { "content-range": `bytes ${start}-${end}/${object.size}` } : {}),
      ...object.metadata,
      ...overrides(query),
    },
    body: method === "HEAD" ? [] : sliceOf(object, start, end),
  };
}

/** Headers that a presigned URL asks for. */
const overrides = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...query].flatMap(([name, value]) => (name.startsWith("response-") ? [[name.slice("response-".length), value]] : [])),
  );

function rangeOf(header: string, { size }: StoredObject): readonly [number, number] | "outside" | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  if (from === undefined) return undefined;
  if (Number(from) >= size) return "outside";
  return [Number(from), to ? Math.min(Number(to), size - 1) : size - 1];
}

const metadataOf = ({ headers }: DoubleRequest): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (name.startsWith("x-amz-meta-") ? [[name, String(value)]] : [])));

const iso = (at: number): string => new Date(at).toISOString();
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const unescaped = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** The texts of all elements of a name. */
const tagged = (body: Buffer, name: string): string[] =>
  [...body.toString().matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map((match) => unescaped(match[1] ?? ""));
