import { fail } from "../errors.ts";
import { aFlag, checkOptions, type OptionCheck } from "../spec/check-options.ts";

/** Which pages of other origins may ask, as the Fetch standard lets a server say. */
export interface CorsOptions {
  /** `["https://app.example.com"]`, or `"*"` for all, who are then never asked with cookies. */
  readonly origins: "*" | readonly string[];
  /** GET, HEAD, POST, PUT, PATCH and DELETE unless told otherwise. */
  readonly methods?: readonly string[];
  /** Headers that a request may have; those that the API knows unless told otherwise. */
  readonly headers?: readonly string[];
  /** Whether browsers may send cookies and the like along. False unless told otherwise. */
  readonly credentials?: boolean;
  /** Seconds for which a browser need not ask again whether it may: 600 unless told otherwise. */
  readonly maxAge?: number;
}

const knownMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const knownHeaders =
  "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, Prefer, Range, X-Api-Key, X-Request-Id";
const exposed =
  "Accept-Patch, Allow, Content-Disposition, Content-Range, ETag, Idempotency-Replayed, Link, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

const isOrigin = (value: unknown): boolean => typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;
const isToken = (value: unknown): boolean => typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value);
const tokens = (takes: string): OptionCheck => ({ takes, allows: (value) => Array.isArray(value) && value.every(isToken) });

const checks: Record<keyof CorsOptions, OptionCheck> = {
  origins: {
    required: true,
    takes: '"*", or a list of origins without a path: ["https://app.example.com"]',
    allows: (value) => value === "*" || (Array.isArray(value) && value.every(isOrigin)),
  },
  methods: tokens('a list of methods: ["GET"]'),
  headers: tokens('a list of header names: ["X-Tenant"]'),
  credentials: aFlag,
  maxAge: { takes: "seconds: a whole number from 0 on", allows: (value) => Number.isSafeInteger(value) && Number(value) >= 0 },
};

/** @throws BAD_REQUEST that names the option; also for credentials with every origin, which would open a user's session to all pages */
export function checkCors(options: CorsOptions): void {
  checkOptions("createPlatform: cors", options, checks);
  if (options.credentials && options.origins === "*")
    throw fail("BAD_REQUEST", 'createPlatform: cors: with credentials, origins is a list, not "*"', { field: "credentials" });
}

/** What is said to pages of other origins; nothing unless `cors` was given. */
export class Cors {
  readonly #options: CorsOptions | undefined;
  readonly #origins: ReadonlySet<string>;

  constructor(options: CorsOptions | undefined) {
    this.#options = options;
    this.#origins = new Set(options && options.origins !== "*" ? options.origins : []);
  }

  /** Whether a browser says that a page of another site asks, and not of an origin that is named. */
  isForeign({ headers }: Request): boolean {
    return headers.get("sec-fetch-site") === "cross-site" && !this.#origins.has(headers.get("origin") ?? "");
  }

  /** Headers for the answer to a request; those that depend on the origin come with `Vary`. Lower-case names. */
  headers({ headers }: Request): Readonly<Record<string, string>> | undefined {
    if (!this.#options) return undefined;
    const { origins, credentials = false } = this.#options;
    const common = { "access-control-expose-headers": exposed };
    if (origins === "*") return { ...common, "access-control-allow-origin": "*" };
    const origin = headers.get("origin");
    if (origin === null || !this.#origins.has(origin)) return { vary: "Origin" };
    const cookies = credentials ? { "access-control-allow-credentials": "true" } : {};
    return { ...common, ...cookies, "access-control-allow-origin": origin, vary: "Origin" };
  }

  /** What to add to the answer where a browser asks whether a page may send a request; undefined for what is no such question. */
  preflight(request: Request): Readonly<Record<string, string>> | undefined {
    const { method, headers } = request;
    if (!this.#options || method !== "OPTIONS" || headers.get("access-control-request-method") === null) return undefined;
    const allowed = this.headers(request);
    if (allowed?.["access-control-allow-origin"] === undefined) return undefined;
    const { methods = knownMethods, headers: names, maxAge = 600 } = this.#options;
    return {
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": names?.join(", ") ?? knownHeaders,
      "access-control-max-age": String(maxAge),
    };
  }
}
