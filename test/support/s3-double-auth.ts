import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The only ones that the double lets in; the real server of the tests has the same. */
export const credentials = { accessKeyId: "test", secretAccessKey: "testsecret" };

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Checks a request's Signature Version 4 as S3 does. Gives S3's error code, or undefined for a good one. */
export function signatureError({ method = "", url = "", headers }: IncomingMessage): string | undefined {
  const [, access, date, region, signed = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  if (!access || !date || !region) return "AccessDenied";
  if (access !== credentials.accessKeyId) return "InvalidAccessKeyId";
  const [path = "", query = ""] = url.split("?");
  const names = signed.split(";");
  const canonical = [
    method,
    path,
    query
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
      .toSorted()
      .join("&"),
    ...names.map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    signed,
    String(headers["x-amz-content-sha256"]),
  ].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const key = ["s3", "aws4_request"].reduce(hmac, hmac(hmac(`AWS4${credentials.secretAccessKey}`, date), region));
  return hmac(key, text).toString("hex") === signature ? undefined : "SignatureDoesNotMatch";
}

/** Compares a body with whatever its headers say of it. Gives S3's error code, or undefined where all is true. */
export function checksumError({ headers }: IncomingMessage, body: Uint8Array): string | undefined {
  const payload = headers["x-amz-content-sha256"];
  if (typeof payload !== "string" || payload.startsWith("STREAMING")) return "NotImplemented";
  if (payload !== "UNSIGNED-PAYLOAD" && payload !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const digest = (algorithm: string) => createHash(algorithm).update(body).digest("base64");
  for (const [header, algorithm] of Object.entries({
    "content-md5": "md5",
    "x-amz-checksum-sha256": "sha256",
    "x-amz-checksum-sha1": "sha1",
  })) {
    const given = headers[header];
    if (given !== undefined && given !== digest(algorithm)) return "BadDigest";
  }
  return undefined;
}
