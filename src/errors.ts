/**
 * The closed error table: every failure that a client can see, once.
 *
 * `status` is the HTTP status; `member` names the GraphQL result-union type, null where the failure is an entry of
 * `errors`; `retryable` says that the same request may succeed later without being changed.
 */
const table = {
  BAD_REQUEST: { status: 400, member: null, retryable: false, title: "Bad request" },
  NOT_INDEXED: { status: 400, member: null, retryable: false, title: "Field is not indexed" },
  UNAUTHENTICATED: { status: 401, member: null, retryable: false, title: "Credentials are needed" },
  FORBIDDEN: { status: 403, member: "Forbidden", retryable: false, title: "Not allowed" },
  NOT_FOUND: { status: 404, member: "NotFound", retryable: false, title: "Not found" },
  METHOD_NOT_ALLOWED: { status: 405, member: null, retryable: false, title: "Method not allowed" },
  NOT_ACCEPTABLE: { status: 406, member: null, retryable: false, title: "No acceptable representation" },
  CONFLICT: { status: 409, member: "Conflict", retryable: false, title: "Conflict" },
  UNIQUE_VIOLATION: { status: 409, member: "UniqueViolation", retryable: false, title: "Value is already taken" },
  REFERENCE_VIOLATION: { status: 409, member: "ReferenceViolation", retryable: false, title: "Reference is broken" },
  GONE: { status: 410, member: "Gone", retryable: false, title: "Gone" },
  VERSION_MISMATCH: { status: 412, member: "VersionMismatch", retryable: false, title: "Version has moved on" },
  PAYLOAD_TOO_LARGE: { status: 413, member: null, retryable: false, title: "Payload too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, member: null, retryable: false, title: "Unsupported media type" },
  RANGE_NOT_SATISFIABLE: { status: 416, member: null, retryable: false, title: "Range not satisfiable" },
  VALIDATION_FAILED: { status: 422, member: "ValidationFailed", retryable: false, title: "Data does not fit the spec" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, member: null, retryable: false, title: "Idempotency key was used before" },
  PRECONDITION_REQUIRED: { status: 428, member: "PreconditionRequired", retryable: false, title: "Precondition required" },
  RATE_LIMITED: { status: 429, member: null, retryable: true, title: "Too many requests" },
  INTERNAL: { status: 500, member: null, retryable: false, title: "Internal error" },
  DATA_CORRUPTION: { status: 500, member: null, retryable: false, title: "Stored data is damaged" },
  UNSUPPORTED: { status: 501, member: null, retryable: false, title: "Not supported by this storage" },
  UNAVAILABLE: { status: 503, member: null, retryable: true, title: "Unavailable" },
  TIMEOUT: { status: 504, member: null, retryable: true, title: "Deadline exceeded" },
} as const satisfies Record<string, { status: number; member: string | null; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof table;

/** One finding of a validation: where (path of keys and indexes), what, and zod's issue code. */
export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly code: string;
}

/** What an error carries besides its code and message; the fields that a code uses are named in docs/errors.md. */
export interface ErrorDetails {
  readonly resource?: string;
  readonly id?: string;
  readonly field?: string;
  readonly issues?: readonly Issue[];
  readonly expected?: number;
  readonly actual?: number;
  readonly reason?: string;
  readonly retryAfter?: number;
  /** Of a resource that cannot be removed: who refers to it, as far as the actor may know. */
  readonly referrers?: readonly { readonly type: string; readonly field: string; readonly count: number }[];
  /** Place of the operation that `transact` refused, from 0. */
  readonly index?: number;
  readonly allow?: readonly string[];
  /** Whose handler it was that failed or refused. */
  readonly plugin?: string;
  /** Bytes of what a range was asked of. */
  readonly size?: number;
}

/** The only error class that this package throws. Anything else that reaches an edge is answered as INTERNAL. */
export class SpecStarError extends Error {
  override readonly name = "SpecStarError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** A SpecStarError, to be thrown: `throw fail("NOT_FOUND", …)`. */
export function fail(code: ErrorCode, message: string, details?: ErrorDetails, cause?: unknown): SpecStarError {
  return new SpecStarError(code, message, details, cause);
}

/** An answer about bad data is not much longer than the data was. */
const mostIssues = 100;
const longestText = 500;

const shortened = ({ path, message, code }: Issue): Issue => ({
  path: path.map((key) => (typeof key === "string" ? key.slice(0, longestText) : key)),
  message: message.slice(0, longestText),
  code,
});

/** With the first 100 issues; the message says how many there are. */
export function validationFailed(resource: string, issues: readonly Issue[]): SpecStarError {
  const listed = issues.slice(0, mostIssues).map(shortened);
  const [first] = listed;
  const where = first && first.path.length > 0 ? ` at ${first.path.join(".")}` : "";
  const count = issues.length > mostIssues ? `, the first ${mostIssues} are listed` : "";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more${count})` : "";
  return fail("VALIDATION_FAILED", `${resource}: ${first?.message ?? "invalid data"}${where}${more}`, { resource, issues: listed });
}

/** What an edge may show of anything thrown: SpecStarErrors as they are, all else as a masked INTERNAL. */
export function toSpecStarError(thrown: unknown): SpecStarError {
  if (thrown instanceof SpecStarError) return thrown;
  return fail("INTERNAL", "Something went wrong on the server. The request id leads to its log line.", {}, thrown);
}

export const errorCodes = Object.keys(table) as readonly ErrorCode[];
export const httpStatus = (code: ErrorCode): number => table[code].status;
/** The server's fault, and not the client's. */
export const isFault = (code: ErrorCode): boolean => table[code].status >= 500;
/** Where nothing better is known. Of what took too long there is nothing to say: it would take as long again. */
const secondsUntilRetry: Partial<Record<ErrorCode, number>> = { UNAVAILABLE: 2, RATE_LIMITED: 1 };
/** Seconds after which to ask again, where that is known or worth a try. */
export const retryAfter = ({ code, details }: SpecStarError): number | undefined =>
  details.retryAfter === undefined ? secondsUntilRetry[code] : Math.max(0, Math.ceil(details.retryAfter));
export const unionMember = (code: ErrorCode): string | null => table[code].member;
export const isRetryable = (code: ErrorCode): boolean => table[code].retryable;
export const errorTitle = (code: ErrorCode): string => table[code].title;
