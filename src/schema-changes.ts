import { fail, type SpecStarError } from "./errors.ts";
import type { Log } from "./server/request-context.ts";
import { anObject, checkOptions } from "./spec/check-options.ts";
import type { ResourceSpec } from "./spec/resource.ts";
import { specSet } from "./spec/spec-set.ts";
import type { IStorage } from "./storage/storage.ts";
import { type BeforeChanges, type SchemaChange, schemaPlanText } from "./storage/stored-schema.ts";

/** What the start does where the tables of the store do not fit the specs. */
export type SchemaChangesMode = "apply" | "refuse";

/**
 * What a platform with these resources would change in the store, in order; nothing is changed. For a deploy script:
 * `schemaPlanText` makes text of it.
 */
export async function planSchema(options: {
  readonly storage: IStorage;
  readonly resources: readonly ResourceSpec[];
}): Promise<readonly SchemaChange[]> {
  checkOptions("planSchema", options, {
    storage: { ...anObject, required: true },
    resources: { takes: "a list of specs", required: true, allows: Array.isArray },
  });
  specSet(options.resources);
  return options.storage.schema.plan(options.resources);
}

/**
 * Changes are refused, or said before they run; then, which fields are not ready, and what became of them. A new table has
 * nothing to lose, so its SQL is for whoever asks: a first start does not begin with pages of it.
 */
export const schemaHandlers = (
  mode: SchemaChangesMode,
  storage: IStorage,
  log: Log,
): { beforeChanges: BeforeChanges; onOpen: () => void } => ({
  beforeChanges: (changes) => {
    const refused = mode === "refuse";
    for (const { what, ...change } of changes) {
      const level = what === "create table" && !refused ? "debug" : "info";
      log[level]({ change: what, ...change }, refused ? "schema change refused" : "schema change");
    }
    if (refused) throw refusal(changes);
    const created = changes.flatMap(({ what, resource }) => (what === "create table" && resource ? [resource] : []));
    if (created.length > 0) log.info({ resources: created }, "tables created");
  },
  onOpen: () => {
    const begun = storage.schema.progress().map(({ resource, field }) => `${resource}.${field}`);
    if (begun.length === 0) return;
    log.info({ fields: begun }, "fields are being indexed");
    void storage.schema.filled().then((left) => {
      if (left.length === 0) log.info({ fields: begun }, "fields are indexed");
      else log.warn({ fields: left }, "fields are not indexed yet");
    });
  },
});

const refusal = (changes: readonly SchemaChange[]): SpecStarError =>
  fail(
    "UNAVAILABLE",
    `The tables of the store do not fit the resources, and schemaChanges is "refuse". Start once with "apply" to make these changes:\n${schemaPlanText(changes, { statements: false })}`,
    { reason: "schemaChanges" },
  );
