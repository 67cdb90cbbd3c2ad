/** Part of `IStorage`: which resources hold a blob. */
export interface BlobHolders {
  /**
   * Ids of the resources of which a revision, current or not, holds this blob, deleted ones too, purged ones not: the first
   * dozens of those behind `after` (at first ""), in order. An empty page ends the list.
   */
  page(blob: string, after: string): Promise<readonly string[]>;
}

export const holdersAtOnce = 50;
