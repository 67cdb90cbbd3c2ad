import { fail } from "../errors.ts";

// The bytes of a blob are kept under their hash. Where a sweeper was given up that may still delete there, at any time, the
// same bytes come again under the hash with a number behind it: `sha256:….1`.

export interface BlobName {
  /** 64 hex digits: of the bytes. */
  readonly digest: string;
  /** Without the kind of hash: the last part of a path or a key. */
  readonly file: string;
}

export const blobFile = /^[0-9a-f]{64}(\.[1-9]\d*)?$/;

export function blobName(name: string): BlobName {
  const file = name.startsWith("sha256:") ? name.slice("sha256:".length) : "";
  if (!blobFile.test(file)) throw fail("BAD_REQUEST", "A blob hash is sha256: and 64 hex digits");
  return { digest: file.slice(0, 64), file };
}

/** The hash that is in a name. */
export const hashIn = (name: string): string => `sha256:${blobName(name).digest}`;

/** The name for bytes of this hash, where these of its names must not be used any more. */
export function nextBlobName(hash: string, given: readonly string[]): string {
  const numbers = given.map((name) => Number(name.slice(hash.length + 1)));
  return numbers.length === 0 ? hash : `${hash}.${Math.max(...numbers) + 1}`;
}
