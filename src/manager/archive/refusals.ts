import { fail, type SpecStarError } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";

/** Bytes that are not what was written. */
export const damaged = (why: string, cause?: unknown): SpecStarError =>
  fail("BAD_REQUEST", `The archive is damaged: ${why}. Nothing was imported; take another copy of it`, { reason: "damaged" }, cause);

/** Bytes that are whole, and no archive that this platform wrote. */
export const malformed = (why: string, cause?: unknown): SpecStarError =>
  fail("BAD_REQUEST", `The archive is malformed: ${why}. Nothing was imported`, { reason: "malformed" }, cause);

/** What does not fit the specs of this platform. */
export const unfit = (spec: ResourceSpec, id: string, why: string, cause?: unknown): SpecStarError =>
  fail(
    "VALIDATION_FAILED",
    `${id} of the archive is no ${spec.name} here: ${why}. Nothing was imported`,
    { resource: spec.name, id },
    cause,
  );

export const conflict = (spec: ResourceSpec, id: string, why: string): SpecStarError =>
  fail("CONFLICT", `${id} ${why}. Import with onConflict skip or replace, or into another storage`, { resource: spec.name, id });
