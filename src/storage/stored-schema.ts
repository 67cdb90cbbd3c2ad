import type { ResourceSpec } from "../spec/resource.ts";

/**
 * The tables under the specs, as these change over time. The laws:
 *
 * - Nothing is dropped but indexes of the store's own. A column whose type changes is renamed out of the way.
 * - What would lose data is refused until the spec asks for it by name: a field that is gone from the schema of a resource
 *   that has data needs an upcaster in `versions`, or its path in `dropped`.
 * - Opening runs what is quick, in one transaction; where nothing has changed it only looks. Columns are filled from current
 *   revisions in the background, in batches, each with its cursor in one transaction: killed anywhere, the next process that
 *   opens the store goes on. A batch never overwrites a newer write, and stored revisions never change.
 * - A column that is not filled yet answers no query: UNAVAILABLE, with `resource` and `field`.
 * - `history: true` begins at the instant of that start, and for a field that becomes indexed later when it is ready: what was
 *   before is refused. Where it is taken back, its table stays.
 * - Data that does not fit the schema is indexed as it stands. A unique value that another resource holds is left out of the
 *   index, and its field stays unready until one of the two has changed and the next start has filled it anew.
 */
export interface StoredSchema {
  /** What `open` would do with these specs, in order; empty where there is nothing to do. Changes nothing, opened or not. */
  plan(specs: readonly ResourceSpec[]): Promise<readonly SchemaChange[]>;

  /** The fields that are not ready, as far as this process knows. Empty, and then free of cost, where all are. */
  progress(): readonly FieldProgress[];

  /** Resolves when this process has nothing to fill any more, or is closed: to the fields that are not ready then. */
  filled(): Promise<readonly FieldProgress[]>;
}

/** Hears what `open` is about to change, before it does; a throw refuses it, and nothing is changed. */
export type BeforeChanges = (changes: readonly SchemaChange[]) => void;

export interface SchemaChange {
  /** Undefined for tables that all resources share. */
  readonly resource?: string;
  /** Path of the indexed field; several for a composite index. */
  readonly field?: string;
  readonly what:
    | "create table"
    | "add column"
    | "set column aside"
    | "create index"
    | "create unique index"
    | "drop index"
    | "fill column"
    | "begin history"
    | "end history, keep its table";
  /** As they will be run; none for what is filled. */
  readonly statements: readonly string[];
  /** Runs while the store is in use. */
  readonly background: boolean;
  /** How many resources are read to fill it. */
  readonly resources?: number;
}

export interface FieldProgress {
  readonly resource: string;
  readonly field: string;
  /** As stores name it, where that does not follow from the field. */
  readonly column?: string;
  readonly done: number;
  readonly total: number;
  /** Resources whose data does not fit the schema, with one of them. */
  readonly unfit: number;
  readonly unfitId?: string;
  /** Resources whose unique value another one holds, with the first of them. */
  readonly conflicts: number;
  readonly conflicting: readonly { readonly id: string; readonly holder: string }[];
  /** Nothing more is done for it until the next start. */
  readonly stopped: boolean;
  /** Why the newest step failed; it is tried again. */
  readonly failure?: string;
}

/** Of stores that have no tables. */
export const noStoredSchema: StoredSchema = { plan: async () => [], progress: () => [], filled: async () => [] };

/** A plan as text, for people: a line for each change, and below it what is run. */
export function schemaPlanText(changes: readonly SchemaChange[], options: { readonly statements?: boolean } = {}): string {
  const { statements: shown = true } = options;
  return changes
    .map(({ resource = "all resources", field, what, statements, background, resources }) => {
      const where = field === undefined ? resource : `${resource}, ${field}`;
      const extent = resources === undefined ? "" : ` of ${resources} ${resources === 1 ? "resource" : "resources"}`;
      const line = `${where}: ${what}${extent}${background ? ", in the background" : ""}`;
      return [line, ...(shown ? statements.map((each) => `    ${each}`) : [])].join("\n");
    })
    .join("\n");
}
