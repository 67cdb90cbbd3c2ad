import { type Issue, validationFailed } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { walkData } from "../../spec/walk-data.ts";
import type { Scope } from "../scope.ts";
import { isMediaType, newBlobId, once, putBlob } from "./blobs.ts";
import { sniffed } from "./sniff-type.ts";

interface InlineBlob {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Input whose inline blobs have become ids, and the blobs that have to be put under these before the input is written. */
export interface WithoutInline {
  readonly input: unknown;
  readonly blobs: ReadonlyMap<string, InlineBlob>;
}

const none: ReadonlyMap<string, InlineBlob> = new Map();

/**
 * Small blobs may stand in the data itself: `{ "base64": "…", "contentType": "image/png" }` in place of an id.
 * @throws VALIDATION_FAILED where such an object is none
 */
export function takeInlineBlobs({ core, spec }: Scope, input: unknown): WithoutInline {
  const found: { readonly path: readonly (string | number)[]; readonly value: object }[] = [];
  walkData(spec.fields, input, {
    value: (field, value, path) => {
      if (field.kind === "blob" && typeof value === "object" && value !== null) found.push({ path, value });
    },
  });
  if (found.length === 0) return { input, blobs: none };
  const blobs = new Map<string, InlineBlob>();
  let replaced = input;
  for (const { path, value } of found) {
    const id = newBlobId(core);
    blobs.set(id, decoded(spec, path, value));
    replaced = replacedAt(replaced, path, id);
  }
  return { input: replaced, blobs };
}

/** Puts those that are still in the data. One that is refused later is its uploader's, and swept like any other. */
export async function putInlineBlobs({ core, actor }: Scope, inline: WithoutInline["blobs"], held: readonly string[]): Promise<void> {
  for (const id of held) {
    const blob = inline.get(id);
    if (!blob) continue;
    const { contentType, bytes } = await sniffed(once(blob.bytes), blob.contentType);
    await putBlob(core, id, bytes, contentType, actor);
  }
}

function decoded(spec: ResourceSpec, path: readonly (string | number)[], value: object): InlineBlob {
  const { base64, contentType = "application/octet-stream", ...rest }: Readonly<Record<string, unknown>> = { ...value };
  const issue = (message: string, ...inside: string[]): Issue => ({ path: [...path, ...inside], message, code: "custom" });
  const refuse = (found: Issue) => validationFailed(spec.name, [found]);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refuse(issue("A blob is an id, or { base64, contentType }", unknown.slice(0, 100)));
  if (typeof base64 !== "string" || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw refuse(issue("Expected base64 with its padding (RFC 4648 §4)", "base64"));
  if (typeof contentType !== "string" || !isMediaType(contentType))
    throw refuse(issue("Expected a media type like image/png", "contentType"));
  return { bytes: Buffer.from(base64, "base64"), contentType };
}

/** Copies what is on the way, and leaves the rest as it is. */
function replacedAt(data: unknown, [key, ...path]: readonly (string | number)[], value: string): unknown {
  if (key === undefined) return value;
  if (Array.isArray(data)) return data.map((item: unknown, i) => (i === key ? replacedAt(item, path, value) : item));
  const members = Object.entries(data ?? {}).map(([name, member]): [string, unknown] => [
    name,
    name === String(key) ? replacedAt(member, path, value) : member,
  ]);
  return Object.fromEntries(members);
}
