import { S3Client } from "@aws-sdk/client-s3";
import type { S3Options } from "./s3-options.ts";

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * A client for these options. Bodies are signed with their SHA-256, which every server verifies; the SDK's own checksums stay
 * off where they are not required, because they come in a form that not every server reads.
 */
export function makeClient({ endpoint, region, credentials, forcePathStyle, timeouts = {} }: S3Options): S3Client {
  const { connectMs = 3000, idleMs = 15_000, attempts = 4 } = timeouts;
  const signingRegion = region ?? (endpoint === undefined ? undefined : "us-east-1");
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(signingRegion === undefined ? {} : { region: signingRegion }),
    ...(credentials ? { credentials } : {}),
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    maxAttempts: attempts,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: idleMs,
      logger: silent,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64 },
    },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      if (result.output) answers.set(result.output, dateOf(result.response));
      return result;
    },
    { step: "deserialize", priority: "high", name: "noteDate" },
  );
  return client;
}

const answers = new WeakMap<object, number>();

function dateOf(response: unknown): number {
  const headers = typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  const date = typeof headers === "object" && headers !== null && "date" in headers ? headers.date : undefined;
  return typeof date === "string" ? Date.parse(date) : Number.NaN;
}

/** When the server sent an answer, by its own clock: milliseconds since the epoch, to the second. NaN where it did not say. */
export const answeredAt = (output: object): number => answers.get(output) ?? Number.NaN;
