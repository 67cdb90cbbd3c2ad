import type { ChangeKind } from "../storage/rows.ts";

/**
 * The change kinds, `ready` (the first event of a subscription, from whose cursor on nothing is missed), `left` (a change after
 * which the resource does not match `where` any more) and `bookmark` (nothing that was asked for has happened for a while: only
 * the cursor has moved).
 */
export type EventKind = ChangeKind | "ready" | "left" | "bookmark";

export interface FeedEvent {
  /** Where reading goes on after this event. */
  readonly cursor: string;
  readonly kind: EventKind;
  /** Name of the spec; null for `ready` and `bookmark`, as all below. */
  readonly type: string | null;
  readonly id: string | null;
  /** Number of the revision that was current after the change. */
  readonly revision: number | null;
  /** Number of the one that was current before it; null for created and modified. */
  readonly previous: number | null;
  readonly version: number | null;
  readonly at: string | null;
  readonly by: string | null;
}

export interface SubscribeArgs {
  /** Names of specs; everything that the actor may hear where it is absent. */
  readonly types?: readonly string[] | undefined;
  readonly id?: string | undefined;
  /** Only resources of the one type in `types` that match: `id` and indexed fields, decided by the data of each change's revision. */
  readonly where?: unknown;
  /** Change kinds to deliver; `ready`, `left` and `bookmark` always are. */
  readonly kinds?: readonly ChangeKind[] | undefined;
  /** A cursor of the same subscription. GONE past retention or of another epoch, BAD_REQUEST with another filter. */
  readonly after?: string | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

export interface PollArgs extends SubscribeArgs {
  /** At most this many events: 100 unless told, and no more than a page may have. */
  readonly limit?: number | undefined;
  /** Where there is nothing yet: how long to wait for the first event, in milliseconds (default 0, at most 30 000). */
  readonly waitMs?: number | undefined;
}

/** What polling answers: changes only, and where to go on. */
export interface FeedPage {
  readonly items: readonly FeedEvent[];
  readonly cursor: string;
  /** There is more behind the cursor to be looked through. */
  readonly hasMore: boolean;
}
