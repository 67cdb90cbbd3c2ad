import type { ChangeKind } from "../storage/rows.ts";

/** The change kinds, and READY: the first event of a subscription, from whose cursor on nothing is missed. */
export type EventKind = ChangeKind | "ready";

export interface FeedEvent {
  /** Where reading goes on after this event. */
  readonly cursor: string;
  readonly kind: EventKind;
  /** Name of the spec; null for `ready`, as all below. */
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
  readonly types: readonly string[];
  readonly id?: string | undefined;
  /** Change kinds to deliver; `ready` always is. */
  readonly kinds?: readonly ChangeKind[] | undefined;
  /** A cursor of the same subscription. GONE past retention or of another epoch, BAD_REQUEST with another filter. */
  readonly after?: string | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}
