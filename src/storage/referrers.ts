import type { Column } from "../spec/column.ts";
import type { StoragePage, StorageQuery } from "./rows.ts";

export interface ReferrerQuery extends StorageQuery {
  /** The ref of the resources that are searched: a column of one id, or of a list of them. */
  readonly column: Column;
  /** Of the resources that it leads to; none twice. */
  readonly ids: readonly string[];
}

/** What refers to a resource: the part of `IStorage` that reads refs against their direction. */
export interface Referrers {
  /**
   * A page for each id, in their order: what `search` answers to the same query, of the resources whose column holds the id.
   * Limit, window and total hold for each page. It takes as many statements for a thousand ids as for one.
   */
  pages(type: string, query: ReferrerQuery): Promise<readonly StoragePage[]>;
}
