import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import type { z } from "zod";
import { fail, type Issue, SpecStarError, validationFailed } from "../errors.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { walkData } from "../spec/walk-data.ts";

/** What says which data is allowed: a spec, or what an action takes or answers. */
type DataSpec = Pick<ResourceSpec, "name" | "schema" | "fields" | "rules">;

/** Data as it is stored: zod's output as canonical JSON (RFC 8785), its hash over the UTF-8 bytes. */
export interface StoredForm {
  readonly data: Record<string, unknown>;
  readonly body: string;
  readonly hash: string;
  readonly size: number;
  /** Ids of the blobs that the data holds. */
  readonly blobs: readonly string[];
  /** A fingerprint of input with blobs in it, whose ids are new each time. */
  readonly payload?: string;
}

/**
 * Checks input against the spec and makes its stored form.
 * @throws VALIDATION_FAILED with all issues: unknown fields, what zod finds, and what JSON cannot keep on every storage
 * (numbers that are not finite, integers beyond ±(2⁵³−1), lone surrogates, U+0000). INTERNAL where a refinement throws.
 */
export async function storedForm(spec: DataSpec, input: unknown): Promise<StoredForm> {
  const issues: Issue[] = [];
  walkData(spec.fields, input, {
    unknown: (key, path) =>
      issues.push({
        path: [...path, key.slice(0, 100)],
        message: `Unknown field ${JSON.stringify(key.slice(0, 100))}`,
        code: "unrecognized_keys",
      }),
  });
  const parsed = await parse(spec, input);
  if (!parsed.success)
    issues.push(
      ...parsed.error.issues.map(({ path, message, code }) => ({
        path: path.map((key) => (typeof key === "symbol" ? String(key) : key)),
        message,
        code: String(code),
      })),
    );
  if (issues.length > 0 || !parsed.success) throw validationFailed(spec.name, issues);
  checkJson(parsed.data, [], issues);
  if (issues.length > 0) throw validationFailed(spec.name, issues);
  const body = canonicalize(parsed.data) ?? "null";
  const blobs = blobsIn(spec, parsed.data);
  return { data: parsed.data, body, hash: `sha256:${hash("sha256", body)}`, size: Buffer.byteLength(body), blobs };
}

async function parse(spec: DataSpec, input: unknown): Promise<z.ZodSafeParseResult<Record<string, unknown>>> {
  try {
    // Asked at once, a rule that has to wait would fail behind everybody's back, and end the process.
    return spec.rules ? await spec.schema.safeParseAsync(input) : spec.schema.safeParse(input);
  } catch (thrown) {
    throw brokenRule(spec, thrown);
  }
}

/** Zod lets through what a refinement throws. */
const brokenRule = (spec: DataSpec, thrown: unknown): SpecStarError =>
  thrown instanceof SpecStarError
    ? thrown
    : fail("INTERNAL", `A rule of the schema of ${spec.name} failed itself, and nothing was written`, { resource: spec.name }, thrown);

/** Ids of the blobs in data, each once. */
export function blobsIn(spec: Pick<DataSpec, "fields">, data: unknown): readonly string[] {
  const ids = new Set<string>();
  walkData(spec.fields, data, {
    value: (field, value) => {
      if (field.kind === "blob") ids.add(String(value));
    },
  });
  return [...ids];
}

/** What JSON cannot keep on every storage. */
export function checkJson(value: unknown, path: readonly (string | number)[], issues: Issue[]): void {
  const refuse = (message: string) => issues.push({ path, message, code: "not_storable" });
  if (typeof value === "string") {
    if (!value.isWellFormed()) refuse("Lone surrogates cannot be stored");
    else if (value.includes("\0")) refuse("U+0000 cannot be stored");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) refuse("The number is not finite");
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) refuse("Integers beyond ±(2^53 − 1) lose digits");
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkJson(item, [...path, i], issues);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (!key.isWellFormed() || key.includes("\0")) refuse("A key cannot be stored");
      else checkJson(item, [...path, key], issues);
    }
  }
}
