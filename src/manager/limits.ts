import { defaultQueryLimits } from "../spec/query.ts";

/**
 * What one call may ask of the operations, on every door. `operations`: rows of a batch, or operations of a unit of work.
 * `lines`: of a list as NDJSON. `expanded`: other resources that one read may answer with.
 */
export const defaultLimits = { ...defaultQueryLimits, operations: 200, lines: 10_000, expanded: 1_000 };
export type Limits = typeof defaultLimits;
