import type { BlobRow } from "./rows.ts";

/**
 * The rows of blobs, part of a meta store: which ids there are, and which revisions use them. A blob that no revision uses is
 * its uploader's for a while; then its row goes, and with the last row of a hash its bytes.
 */
export interface BlobRows {
  /** False, and nothing is kept, while the bytes of this hash are being deleted: they have to be put again, later. */
  put(row: BlobRow): Promise<boolean>;

  /** One answer per id, in order; undefined for what is not there. */
  get(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]>;

  /**
   * Deletes rows that no revision uses: those of these ids, or some hundreds of those put before an instant. Answers the
   * hashes that no row holds any more, so that their bytes can be deleted, and marks them until `forget` says that this is
   * done. Marks from before the instant, whose process ended in between, are answered again.
   */
  release(which: { readonly ids: readonly string[] } | { readonly before: number }): Promise<readonly string[]>;

  /** Marks in the same way those of these hashes that no row holds, and answers them; not those that are marked already. */
  condemn(hashes: readonly string[]): Promise<readonly string[]>;

  forget(hashes: readonly string[]): Promise<void>;
}
