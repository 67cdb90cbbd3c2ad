import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { checksumError, signatureError } from "./s3-double-auth.ts";
import { DoubleBucket } from "./s3-double-bucket.ts";
import { answerOf, type DoubleRequest, errorAnswer } from "./s3-double-routes.ts";

/**
 * What goes wrong with one request: `reset` breaks the connection before anything is done, `lost-reply` after it was done,
 * `cut` in the middle of the answer's body; `stall` never answers, `unconditional` overlooks preconditions; an error code of S3
 * is the answer instead.
 */
export type Fault = "reset" | "lost-reply" | "cut" | "stall" | "unconditional" | { readonly status: number; readonly code: string };

export interface S3Double {
  /** `http://127.0.0.1:…`. A bucket is there once it was asked for, but those whose name begins with `missing`. */
  readonly url: string;
  /** Asked for every request, after its signature was checked. */
  fault: (request: DoubleRequest) => Fault | undefined;
  /** The server's clock, milliseconds since the epoch. */
  now: () => number;
  /** As Ceph 16, which finds `If-Match` unequal unless the quotes of the ETag are left out. */
  unquotedIfMatch: boolean;
  bucket(name: string): DoubleBucket;
  close(): Promise<void>;
}

/** An S3 server in this process, for tests: signatures, checksums, preconditions, ranges, lists, copies and multipart uploads. */
export async function startS3Double(): Promise<S3Double> {
  const buckets = new Map<string, DoubleBucket>();
  const server = createServer((incoming, outgoing) => {
    serve(double, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const double: S3Double = {
    url: `http://127.0.0.1:${port}`,
    fault: () => undefined,
    now: () => Date.now(),
    unquotedIfMatch: false,
    bucket: (name) => {
      const bucket = buckets.get(name) ?? new DoubleBucket(() => double.now());
      buckets.set(name, bucket);
      return bucket;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return double;
}

async function serve(double: S3Double, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { pathname, searchParams } = new URL(incoming.url ?? "/", double.url);
  const [, bucketName = "", ...rest] = pathname.split("/");
  const request: DoubleRequest = {
    method: incoming.method ?? "GET",
    bucketName,
    key: decodeURIComponent(rest.join("/")),
    query: searchParams,
    headers: incoming.headers,
    body,
  };
  const refused = signatureError(incoming) ?? checksumError(incoming, body);
  if (refused) return reply(double, outgoing, errorAnswer(refused));
  const fault = double.fault(request);
  if (fault === "stall") return;
  if (fault === "reset") return void outgoing.destroy();
  if (typeof fault === "object") return reply(double, outgoing, errorAnswer(fault.code, fault.status));
  if (bucketName.startsWith("missing")) return reply(double, outgoing, errorAnswer("NoSuchBucket"));
  const answer = answerOf(double.bucket(bucketName), request, {
    preconditions: fault !== "unconditional",
    unquotedIfMatch: double.unquotedIfMatch,
  });
  if (fault === "lost-reply") return void outgoing.destroy();
  if (fault === "cut") return cut(outgoing, answer);
  return reply(double, outgoing, answer);
}

function cut(outgoing: ServerResponse, { status, headers, body }: ReturnType<typeof answerOf>): void {
  const whole = Buffer.concat([...body]);
  outgoing.writeHead(status, headers);
  outgoing.write(whole.subarray(0, whole.byteLength / 2), () => outgoing.destroy());
}

async function reply(double: S3Double, outgoing: ServerResponse, { status, headers, body }: ReturnType<typeof answerOf>): Promise<void> {
  outgoing.writeHead(status, { date: new Date(double.now()).toUTCString(), "x-amz-request-id": "double", ...headers });
  await pipeline(body, outgoing);
}
