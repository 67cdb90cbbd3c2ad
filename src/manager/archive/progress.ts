import type { Counts } from "./records.ts";

/** How far an export or an import is. An import reads everything twice: what was verified is not there yet. */
export interface Progress extends Counts {
  readonly phase: "exporting" | "verifying" | "importing";
  /** Of the archive. */
  readonly bytes: number;
}
