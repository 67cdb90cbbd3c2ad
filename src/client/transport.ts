import { type ErrorCode, type ErrorDetails, errorCodes, fail } from "../errors.ts";

export type HeadersOf =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface TransportOptions {
  /** Where the platform is, with its `basePath` if it has one: `https://example.org/api`. */
  readonly url: string;
  /** Sent with every request, as `authorization`; a function is asked each time, so that tokens can be renewed. */
  readonly headers?: HeadersOf;
  /** Instead of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

type Parameter = string | number | boolean | undefined;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the url. */
  readonly path: string;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Is sent as JSON. */
  readonly body?: unknown;
  /** Is sent as it is, with the type in `headers`. */
  readonly bytes?: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What the server has made of it, parsed; undefined where there is none. */
  readonly body: unknown;
}

const codes: ReadonlySet<string> = new Set(errorCodes);
const isCode = (code: unknown): code is ErrorCode => typeof code === "string" && codes.has(code);

/** Requests to one platform. Problems come as SpecStarErrors with their code and details. */
export class Transport {
  readonly #url: string;
  readonly #headers: HeadersOf;
  readonly #fetch: (request: Request) => Promise<Response>;
  #paths: Promise<ReadonlyMap<string, string>> | undefined;

  constructor({ url, headers = {}, fetch = (request) => globalThis.fetch(request) }: TransportOptions) {
    if (!URL.canParse(url))
      throw fail("BAD_REQUEST", `createClient: url takes an absolute URL, not ${JSON.stringify(url)}`, { field: "url" });
    this.#url = url.replace(/\/+$/, "");
    this.#headers = headers;
    this.#fetch = fetch;
  }

  /** Whether the next request may come with other credentials. */
  get renewsHeaders(): boolean {
    return typeof this.#headers === "function";
  }

  /** Where the resources of a spec are: what the platform says at its root, asked once. */
  async pathOf(resource: string): Promise<string> {
    this.#paths ??= this.#readPaths().catch((thrown: unknown) => {
      this.#paths = undefined;
      throw thrown;
    });
    const paths = await this.#paths;
    const path = paths.get(resource);
    if (path !== undefined) return path;
    throw fail("NOT_FOUND", `${this.#url} has no resource ${resource}. It has: ${[...paths.keys()].join(", ")}`, { resource });
  }

  async #readPaths(): Promise<ReadonlyMap<string, string>> {
    const { body } = await this.send({ method: "GET", path: "/" });
    const resources = isRecord(body) && isRecord(body.resources) ? Object.entries(body.resources) : [];
    // They stand with the base path, which the url has already.
    const base = new URL(this.#url).pathname.replace(/\/+$/, "");
    return new Map(resources.map(([name, path]) => [name, String(path).slice(base.length)]));
  }

  async send(call: Call): Promise<Answer> {
    const response = await this.open(call, "application/json");
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : parsed(text, response) };
  }

  /** Resolves with the answer's head. @throws SpecStarError for what is no success; UNAVAILABLE where nobody answers */
  async open({ method, path, query = {}, headers = {}, body, bytes, signal }: Call, accept: string): Promise<Response> {
    const parameters = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const search = parameters.length > 0 ? `?${new URLSearchParams(parameters)}` : "";
    const own = typeof this.#headers === "function" ? await this.#headers() : this.#headers;
    const given = Object.entries({ accept, ...(body === undefined ? {} : { "content-type": "application/json" }), ...own, ...headers });
    const request = new Request(`${this.#url}${path}${search}`, {
      method,
      headers: given.filter((header): header is [string, string] => header[1] !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A body that is a stream is sent while it comes: https://fetch.spec.whatwg.org/#dom-requestinit-duplex
      ...(bytes === undefined ? {} : { body: bytes, duplex: "half" }),
      ...(signal ? { signal } : {}),
    });
    const response = await this.#fetch(request).catch((thrown: unknown) => {
      if (signal?.aborted) throw thrown;
      throw fail("UNAVAILABLE", `${this.#url} cannot be reached`, {}, thrown);
    });
    if (response.ok) return response;
    throw problemOf(parsed(await response.text(), response), response);
  }
}

function parsed(text: string, { status, url }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // Something else answered, as a proxy does.
    throw fail("UNAVAILABLE", `${url} answered ${status}, and no JSON`, {}, thrown);
  }
}

function problemOf(body: unknown, { status, url }: Pick<Response, "status" | "url">) {
  if (!isRecord(body) || !isCode(body.code)) return fail("UNAVAILABLE", `${url} answered ${status}, and no problem that is known`);
  return problem(body.code, body);
}

/** A problem as the error that it was on the server. */
export function problem(code: ErrorCode, { detail, ...details }: Readonly<Record<string, unknown>>) {
  const known: ErrorDetails = Object.fromEntries(Object.entries(details).filter(([name]) => detailNames.has(name)));
  return fail(code, typeof detail === "string" ? detail : code, known);
}

const detailNames: ReadonlySet<string> = new Set<keyof ErrorDetails>([
  "resource",
  "id",
  "field",
  "issues",
  "expected",
  "actual",
  "reason",
  "retryAfter",
  "referrers",
  "index",
  "allow",
  "plugin",
]);

/** The error in an event or in a row, whose code is one of the table. */
export const errorIn = (body: unknown) => (isRecord(body) && isCode(body.code) ? problem(body.code, body) : undefined);

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a platform of these specs answers has their types. */
export const typed = <T>(body: unknown): T => body as T;
