import { defaultQueryLimits } from "../spec/query.ts";

/**
 * What one call may ask of the operations, on every door. `operations`: rows of a batch, or operations of a unit of work.
 * `lines`: of a list as NDJSON. `expanded`: other resources that one read may answer with. `cascade`: resources that go with one
 * that is deleted or purged, or are changed by it. `blobBytes`: the size of one uploaded blob. `archiveBytes`: of one archive that is
 * imported; `resourceBytes`: of one resource in it, with all its past. `handlerMs`: how long one handler of a plugin may take.
 */
export const defaultLimits = {
  ...defaultQueryLimits,
  operations: 200,
  lines: 10_000,
  expanded: 1_000,
  cascade: 1_000,
  blobBytes: 5 * 1024 ** 3,
  archiveBytes: 100 * 1024 ** 3,
  resourceBytes: 64 * 1024 ** 2,
  handlerMs: 10_000,
};
export type Limits = typeof defaultLimits;
