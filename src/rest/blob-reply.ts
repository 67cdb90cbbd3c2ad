import { contentDisposition } from "../manager/blobs/blob-disposition.ts";
import type { BlobRow } from "../storage/rows.ts";

/**
 * The headers of a blob. Its bytes never change, but who may read it can, and a purge must reach caches: so browsers alone keep
 * it, for an hour.
 */
export function blobHeaders(row: BlobRow) {
  return {
    etag: `"${row.hash}"`,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=3600, immutable",
    vary: "Authorization, Cookie",
    "content-disposition": contentDisposition(row),
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
  };
}

/**
 * Nothing is read before somebody pulls. The last piece waits for the end of the bytes, where damaged ones are found: then it is
 * never sent, and what arrives is shorter than its Content-Length.
 */
export function byteStream(read: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return (async function* () {
    let last: Uint8Array | undefined;
    for await (const piece of read()) {
      if (last) yield last;
      last = piece;
    }
    if (last) yield last;
  })();
}
