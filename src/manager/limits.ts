import { defaultQueryLimits } from "../spec/query.ts";

/** What one call may ask of the operations, on every door. `operations`: rows of a batch, or operations of a unit of work. */
export const defaultLimits = { ...defaultQueryLimits, operations: 200 };
export type Limits = typeof defaultLimits;
