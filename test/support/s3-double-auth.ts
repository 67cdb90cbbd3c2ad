import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The only ones that the double lets in; the real server of the tests has the same. */
export const credentials = { accessKeyId: "test", secretAccessKey: "testsecret" };

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();

interface Signed {
  readonly access: string;
  /** YYYYMMDD and region. */
  readonly date: string;
  readonly region: string;
  /** Names of headers. */
  readonly headers: string;
  readonly signature: string;
  readonly time: string;
  readonly payload: string;
}

/** Checks a request's Signature Version 4 as S3 does, in its headers or its query. Gives S3's error code, or undefined for a good one. */
export function signatureError({ method = "", url = "", headers }: IncomingMessage): string | undefined {
  const [path = "", query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  const signed = parameters.has("X-Amz-Signature") ? inQuery(parameters) : inHeaders(headers);
  if (!signed) return "AccessDenied";
  const { access, date, region, time, payload } = signed;
  if (access !== credentials.accessKeyId) return "InvalidAccessKeyId";
  const canonical = [
    method,
    path,
    query
      .split("&")
      .filter((pair) => pair !== "" && !pair.startsWith("X-Amz-Signature="))
      .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
      .toSorted()
      .join("&"),
    ...signed.headers.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    signed.headers,
    payload,
  ].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = ["s3", "aws4_request"].reduce(hmac, hmac(hmac(`AWS4${credentials.secretAccessKey}`, date), region));
  return hmac(key, text).toString("hex") === signed.signature ? undefined : "SignatureDoesNotMatch";
}

function inHeaders(headers: IncomingMessage["headers"]): Signed | undefined {
  const [, access, date, region, names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  if (!access || !date || !region || !signature) return undefined;
  const time = String(headers["x-amz-date"]);
  return { access, date, region, headers: names, signature, time, payload: String(headers["x-amz-content-sha256"]) };
}

/** A presigned URL, while it is good. */
function inQuery(query: URLSearchParams): Signed | undefined {
  const of = (name: string) => query.get(`X-Amz-${name}`) ?? "";
  const [access, date, region] = of("Credential").split("/");
  if (!access || !date || !region) return undefined;
  const time = of("Date");
  const begun = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  if (!(Date.now() < begun + Number(of("Expires")) * 1000)) return undefined;
  return { access, date, region, headers: of("SignedHeaders"), signature: of("Signature"), time, payload: "UNSIGNED-PAYLOAD" };
}

/** Compares a body with whatever its headers say of it. Gives S3's error code, or undefined where all is true. */
export function checksumError({ url = "", headers }: IncomingMessage, body: Uint8Array): string | undefined {
  const payload = url.includes("X-Amz-Signature=") ? "UNSIGNED-PAYLOAD" : headers["x-amz-content-sha256"];
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
