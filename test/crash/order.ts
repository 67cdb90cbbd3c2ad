import type { CrashPoint } from "../../src/storage/crash-points.ts";
import type { BackendName } from "../storage/conformance.ts";

/** What a child process is told to do. */
export interface Order {
  readonly backend: BackendName;
  readonly at: string;
  /** Of its client, its own in this place. */
  readonly name: string;
  readonly seed: number;
  readonly workers: number;
  /** Prefix of idempotency keys: processes that share it meet. */
  readonly shared: string;
  /** `mixed` goes on until the process is killed; `contend` until the one resource has `versions`. */
  readonly load: "mixed" | "contend";
  readonly versions?: number;
  readonly crash?: CrashOrder;
  /** It is of the version of the program before, which had nearly no indexed fields. */
  readonly former?: boolean;
}

export interface CrashOrder {
  readonly points: readonly CrashPoint[];
  /** `hang` blocks the whole process until it is killed, `pause` until it is continued. */
  readonly action: "kill" | "throw" | "hang" | "pause";
  /** At which time of reaching each point. */
  readonly hit: number;
}
