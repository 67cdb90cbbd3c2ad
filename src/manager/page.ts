import { fail } from "../errors.ts";
import type { QueryLimits } from "../spec/query.ts";

/** Relay's four arguments. */
export interface PageArgs {
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** How many rows, and from which end. */
export function pageSize({ first, last }: PageArgs, limits: QueryLimits): { limit: number; fromEnd: boolean } {
  if (first !== undefined && last !== undefined) throw fail("BAD_REQUEST", "Give first or last, not both", { field: "last" });
  for (const [field, value] of Object.entries({ first, last })) {
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) throw fail("BAD_REQUEST", `${field} must be 0 or a positive integer`, { field });
    if (value > limits.pageSize) throw fail("BAD_REQUEST", `${field} is at most ${limits.pageSize}`, { field });
  }
  return { limit: first ?? last ?? limits.defaultPageSize, fromEnd: last !== undefined };
}

/** A page of rows whose cursors are sealed when somebody asks for them. */
export class Page<T> {
  readonly items: readonly T[];
  /** All matches, wherever the page is; undefined unless asked for. */
  readonly totalCount: number | undefined;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #cursor: (index: number) => string;

  constructor(
    items: readonly T[],
    around: { readonly hasNext: boolean; readonly hasPrevious: boolean; readonly total?: number },
    cursor: (index: number) => string,
  ) {
    this.items = items;
    this.totalCount = around.total;
    this.hasNextPage = around.hasNext;
    this.hasPreviousPage = around.hasPrevious;
    this.#cursor = cursor;
  }

  /** The cursor of the item at an index. */
  cursor(index: number): string {
    return this.#cursor(index);
  }

  get pageInfo(): PageInfo {
    const { hasNextPage, hasPreviousPage } = this;
    return {
      hasNextPage,
      hasPreviousPage,
      startCursor: this.items.length > 0 ? this.cursor(0) : null,
      endCursor: this.items.length > 0 ? this.cursor(this.items.length - 1) : null,
    };
  }
}
