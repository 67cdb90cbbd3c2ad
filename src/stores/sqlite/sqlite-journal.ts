import type { Bind } from "../sql/sql-text.ts";
import type { JournaledFile } from "./journaled-file.ts";

/** A statement that changed rows, with its values. */
export interface Step {
  readonly text: string;
  readonly values: readonly Bind[];
}

/**
 * Keeps every transaction in another place before it counts in the file. It keeps statements and not units of work: they belong to
 * the tables as these were, as a copy of the file does, so both together give the file back without any spec.
 */
export interface SqliteJournal {
  /** Before the file is opened for work: makes it, or brings it up to date. From here on this process alone may write. */
  prepare(path: string): Promise<void>;

  /** When the tables are as the specs want them, and before anything is answered or written. */
  begin(file: JournaledFile): Promise<void>;

  /**
   * Resolves to the position of an entry with these steps, once it is durable; to undefined where an earlier entry of this
   * process, given up as lost, turned out to be there and was applied: what led to the steps may look different now. Rejects
   * with UNAVAILABLE where nothing was kept, or where that is unknown.
   */
  append(steps: readonly Step[]): Promise<number | undefined>;

  /** Throws UNAVAILABLE while the file may be behind what was kept. */
  check(): void;

  /** Lets somebody look at a copy of the file as the journal has it, whoever is using it; where there is none, at a path without a file. */
  withCopy<Answer>(look: (path: string) => Promise<Answer>): Promise<Answer>;

  close(): Promise<void>;
}
