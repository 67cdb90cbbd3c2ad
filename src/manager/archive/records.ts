import { z } from "zod";
import type { BlobRow, Revision } from "../../storage/rows.ts";
import { malformed } from "./refusals.ts";

// What stands in the frames. Who reads trusts nothing: members that are not here are refused.

/** What every storage can keep. */
const plain = z.string().refine((value) => value.isWellFormed() && !value.includes("\0"), "a text cannot be stored");
const text = plain.max(1_000);
const instant = z.int();
const count = z.int().nonnegative();
const positive = z.int().positive();
const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const status = z.enum(["draft", "stable"]);

const header = z.strictObject({
  createdAt: z.iso.datetime(),
  /** Which specs it was made of, with the prefix of their ids. */
  specs: z.array(z.strictObject({ name: text, prefix: text, schemaVersion: positive, shape: text })).min(1),
  /** It has this resource alone. */
  id: text.optional(),
  /** Everything up to here is in it, and of what came later some. */
  position: count,
  /** It has only what has changed behind this position. */
  since: count.optional(),
  /** For the next export: what has changed behind `position`. */
  cursor: text,
});
export type Header = z.output<typeof header>;

const resource = z.strictObject({
  type: text,
  id: z.string().max(128),
  revisions: positive,
  /** Version, instant, actor, current revision and state, from the first version on. */
  pointers: z.array(z.tuple([positive, instant, plain, positive, z.enum(["live", "deleted"])])).min(1),
});
const purged = z.strictObject({ type: text, id: z.string().max(128), purged: z.literal(true), version: positive });
const resourceOrPurged = z.union([resource, purged]);
export type ResourceRecord = z.output<typeof resource>;
export type PurgedRecord = z.output<typeof purged>;

const revision = z.strictObject({
  number: positive,
  parent: positive.nullable(),
  status,
  hash,
  schemaVersion: positive,
  shape: text,
  createdAt: instant,
  createdBy: plain,
  updatedAt: instant,
  updatedBy: plain,
  blobs: z.array(z.string()).optional(),
});
export interface RevisionRecord extends z.output<typeof revision> {
  readonly body: string;
}

const blob = z.strictObject({
  id: z.string().regex(/^blob_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
  hash,
  size: count,
  contentType: z.string().regex(/^[\w.+-]{1,64}\/[\w.+-]{1,64}$/),
  createdAt: instant,
  createdBy: plain,
});

const end = z.strictObject({
  resources: count,
  purged: count,
  revisions: count,
  blobs: count,
  blobBytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type End = z.output<typeof end>;
export type Counts = Omit<End, "sha256">;

export const noCounts: Counts = { resources: 0, purged: 0, revisions: 0, blobs: 0, blobBytes: 0 };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch (thrown) {
    throw malformed(`${what} is not UTF-8`, thrown);
  }
}

function parsed<T>(schema: z.ZodType<T>, json: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw malformed(`${what} is not JSON`, thrown);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw malformed(`${what} is not as it must be${path && ` at ${path.slice(0, 100)}`}: ${issue?.message.slice(0, 200)}`);
}

export const readHeader = (bytes: Uint8Array): Header => parsed(header, decoded(bytes, "the header"), "the header");
export const readResource = (bytes: Uint8Array): ResourceRecord | PurgedRecord =>
  parsed(resourceOrPurged, decoded(bytes, "a resource"), "a resource");
export const readBlobRow = (bytes: Uint8Array): BlobRow => parsed(blob, decoded(bytes, "a blob"), "a blob");
export const readEnd = (bytes: Uint8Array): End => parsed(end, decoded(bytes, "the end"), "the end");

const newline = 0x0a;

/** JSON has no line breaks of its own here, and the body has none at all. */
export function readRevision(bytes: Buffer): RevisionRecord {
  const at = bytes.indexOf(newline);
  if (at < 0) throw malformed("a revision has no body");
  const row = parsed(revision, decoded(bytes.subarray(0, at), "a revision"), "a revision");
  return { ...row, body: decoded(bytes.subarray(at + 1), "the body of a revision") };
}

/** Members in one order, whatever storage the row comes from: the same history has the same bytes. */
export function revisionText(row: Revision, blobs: readonly string[]): string {
  const { number, parent, status, hash, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy, body } = row;
  const record = { number, parent, status, hash, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy };
  return `${JSON.stringify(blobs.length > 0 ? { ...record, blobs } : record)}\n${body}`;
}
