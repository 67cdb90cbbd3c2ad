import { fail, SpecStarError } from "../../errors.ts";

const unreachable = "The S3 server is out of reach. Check its address and the network, then try again";
const credentials = "The S3 server does not accept the credentials. Check the access key, the secret key, and this machine's clock";
const denied = "The S3 credentials may not use the bucket like this. Allow them to list it, and to read, write and delete its objects";
const wrongBucket = "The S3 bucket does not exist. Create it, or correct the name and the region";

/** What each code means to the person who runs the program: codes of S3, of Node's sockets and of the SDK. */
const meanings: Partial<Record<string, string>> = {
  NoSuchBucket: wrongBucket,
  InvalidBucketName: wrongBucket,
  PermanentRedirect: wrongBucket,
  AuthorizationHeaderMalformed: "The S3 bucket is in another region. Correct the region",
  InvalidAccessKeyId: credentials,
  SignatureDoesNotMatch: credentials,
  ExpiredToken: credentials,
  InvalidToken: credentials,
  RequestTimeTooSkewed: credentials,
  CredentialsProviderError: "No S3 credentials were found. Give `credentials`, or set them as the AWS SDK expects them",
  AccessDenied: denied,
  AllAccessDisabled: denied,
  MethodNotAllowed: denied,
  QuotaExceeded: "The S3 bucket is full. Raise its quota or free some space",
  SlowDown: "The S3 server is overloaded. Try again later",
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EPIPE: unreachable,
  ETIMEDOUT: unreachable,
  TimeoutError: unreachable,
};

/** The code of an S3 answer or of a broken connection; undefined for what did not come from there. */
export function s3Code(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ("code" in thrown && typeof thrown.code === "string" && meanings[thrown.code]) return thrown.code;
  return "$metadata" in thrown || meanings[thrown.name] ? thrown.name : undefined;
}

/** How often the SDK sent a request before it gave up. */
export function attemptsOf(thrown: unknown): number {
  if (!(thrown instanceof Error) || !("$metadata" in thrown)) return 1;
  const { $metadata } = thrown;
  return typeof $metadata === "object" && $metadata !== null && "attempts" in $metadata ? Number($metadata.attempts) : 1;
}

/** A precondition did not hold, or lost against one that is under way. */
export const isRefused = (thrown: unknown): boolean => ["PreconditionFailed", "ConditionalRequestConflict"].includes(s3Code(thrown) ?? "");

export const isMissing = (thrown: unknown): boolean => ["NoSuchKey", "NotFound", "NoSuchUpload"].includes(s3Code(thrown) ?? "");

/** Errors of S3 and of the way there as typed ones, by code. `opening` is the bucket while it is being opened: only then it is named. */
export function s3Error(thrown: unknown, opening?: string): unknown {
  const code = s3Code(thrown);
  return thrown instanceof SpecStarError || code === undefined ? thrown : unavailable(code, opening, thrown);
}

export function unavailable(code: string, opening?: string, cause?: unknown): SpecStarError {
  const text = meanings[code] ?? `The S3 server answers with an error (${code}). Check the server, then try again`;
  return fail("UNAVAILABLE", opening === undefined ? text : `Bucket ${opening}: ${text}`, {}, cause);
}
