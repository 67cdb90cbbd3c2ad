import type { BlobRow } from "./rows.ts";

/**
 * The rows of blobs, part of a meta store: which ids there are, and which revisions use them. A blob that no revision uses is
 * its uploader's for a while; then its row goes, and with the last row of a hash its bytes.
 */
export interface BlobRows {
  /** The name under which bytes of this hash can be kept: the hash, or one behind those that were given up for good. */
  nameOf(hash: string): Promise<string>;

  /** False, and nothing is kept, where the bytes of this name are being deleted or were given up: they have to be put again. */
  put(row: BlobRow): Promise<boolean>;

  /** One answer per id, in order; undefined for what is not there. */
  get(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]>;

  /** Ids of resources of which a revision uses this blob, deleted ones too: some dozens behind `after`, in order of code points. */
  holders(blob: string, after: string): Promise<readonly string[]>;

  /**
   * Deletes rows that no revision uses: those of these ids, or some hundreds of those put before an instant. Answers the
   * names that no row holds any more, so that their bytes can be deleted, and marks them until `forget` says that this is
   * done. Names that were marked before the instant, by a process that has ended or stands still, are answered once more and
   * given up for good: that process may delete at any time.
   */
  release(which: { readonly ids: readonly string[] } | { readonly before: number }): Promise<readonly string[]>;

  /** Marks in the same way those of these names that no row holds, and answers them; of those that are marked already only those given up. */
  condemn(names: readonly string[]): Promise<readonly string[]>;

  /** Takes the marks of these names back whose bytes the caller has deleted; those given up stay. */
  forget(names: readonly string[]): Promise<void>;
}
