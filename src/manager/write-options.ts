import type { RevisionStatus } from "../storage/rows.ts";

/** The version that the caller saw: if the resource has moved on, nothing is written and VERSION_MISMATCH says so. */
export interface Precondition {
  readonly ifVersion?: number | undefined;
}

export interface WriteOptions extends Precondition {
  /** `stable` unless told `draft`. */
  readonly status?: RevisionStatus | undefined;
}
