import { fail } from "../errors.ts";
import type { BlobRow } from "./rows.ts";

/** How a presigned URL is to be answered by the store that it leads to. */
export interface BlobLink {
  /** From now on; at most 7 days. */
  readonly expiresInSeconds: number;
  readonly contentType: string;
  readonly contentDisposition: string;
}

/** Part of `IStorage`: where clients can read blobs without this process. */
export interface BlobLinks {
  /** A URL that is good until it expires, for whoever has it. UNSUPPORTED unless the storage `presigns`. */
  of(row: BlobRow, link: BlobLink): Promise<string>;
}

/** What S3 allows, and with it those who speak its protocol. */
export const longestLinkSeconds = 7 * 24 * 60 * 60;

/** For stores that do not presign. */
export async function refuseLinks(): Promise<never> {
  throw fail("UNSUPPORTED", "This storage has no URLs of its own: blobs in S3 have");
}
