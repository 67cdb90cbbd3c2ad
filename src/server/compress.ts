import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import { parseAccept } from "hono/utils/accept";
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from "hono/utils/compress";
import type { Reply } from "../rest/reply.ts";
import { withSuffix } from "../rest/representation.ts";

export interface CompressionOptions {
  /** Answers that are shorter are sent as they are: 1024 unless told otherwise. */
  readonly minBytes?: number;
}

/** A Reply whose body is compressed. */
export interface PackedReply extends Omit<Reply, "body"> {
  readonly body: Buffer<ArrayBuffer>;
}

const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** On threads of their own, so that other requests go on. The best of those that a client likes alike stands first. */
const codings = {
  zstd: promisify(zstdCompress),
  br: (body: string) => promisify(brotliCompress)(body, brotliOptions),
  gzip: promisify(gzip),
} as const satisfies Record<string, (body: string) => Promise<Buffer<ArrayBuffer>>>;

type Coding = keyof typeof codings;

/** The coding that a client likes best (RFC 9110 §12.5.3), undefined where that is none. */
export function codingFor(header: string | null): Coding | undefined {
  if (header === null || header === "") return undefined;
  const ranges = parseAccept(header);
  const named = (name: string) => ranges.find(({ type }) => type.toLowerCase() === name)?.q;
  const others = named("*") ?? 0;
  let best: { readonly name: Coding; readonly q: number } | undefined;
  for (const name of ["zstd", "br", "gzip"] as const) {
    const q = named(name) ?? (name === "gzip" ? named("x-gzip") : undefined) ?? others;
    if (q > (best?.q ?? 0)) best = { name, q };
  }
  return best && best.q >= (named("identity") ?? 0) ? best.name : undefined;
}

/** A name more in `Vary`. */
export function withVary(vary: string | undefined | null, name: string): string {
  if (!vary) return name;
  return vary.split(",").some((each) => each.trim().toLowerCase() === name.toLowerCase()) ? vary : `${vary}, ${name}`;
}

/** Answers as small as the client can read them. Streams go as they come: each event has to arrive by itself. */
export class Compression {
  readonly #minBytes: number;

  /** False compresses nothing. */
  constructor(options: CompressionOptions | false = {}) {
    this.#minBytes = options === false ? Number.POSITIVE_INFINITY : (options.minBytes ?? 1024);
  }

  /** The same answer, compressed where that is worth it and the client takes it. */
  of(answered: Reply | Response, request: Request): Reply | Response | Promise<Reply | PackedReply> {
    if (this.#minBytes === Number.POSITIVE_INFINITY) return answered;
    if ("text" in answered) return isWorthIt(answered.headers.get("content-type")) ? this.#ofResponse(answered, request) : answered;
    return this.#ofReply(answered, request);
  }

  /** What comes from Yoga as a whole. */
  async #ofResponse(response: Response, request: Request): Promise<Reply | PackedReply> {
    return this.#ofReply({ status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }, request);
  }

  #ofReply(reply: Reply, request: Request): Reply | Promise<PackedReply> {
    const { body, headers } = reply;
    if (body === null || body.length < this.#minBytes) return reply;
    if (headers["content-encoding"] !== undefined || !isWorthIt(headers["content-type"])) return reply;
    headers.vary = withVary(headers.vary, "Accept-Encoding");
    const coding = codingFor(request.headers.get("accept-encoding"));
    return coding ? packed(reply, body, coding) : reply;
  }
}

async function packed({ status, headers, failures }: Reply, body: string, coding: Coding): Promise<PackedReply> {
  const { "content-length": _, etag, ...rest } = headers;
  return {
    status,
    headers: { ...rest, ...(etag === undefined ? {} : { etag: withSuffix(etag, coding) }), "content-encoding": coding },
    body: await codings[coding](body),
    ...(failures ? { failures } : {}),
  };
}

const isWorthIt = (type: string | undefined | null): boolean => COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type ?? "");
