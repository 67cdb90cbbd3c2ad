import { fail, SpecStarError } from "../errors.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";

interface Tag {
  readonly weak: boolean;
  /** Between the quotes, without a suffix `;…` (another form of the same version). */
  readonly name: string;
}

/** `*`, or the tags of an If-Match or If-None-Match header. BAD_REQUEST where it is neither. */
function parseTags(field: string, header: string): "*" | readonly Tag[] {
  const text = header.trim();
  if (text === "*") return "*";
  const tags: Tag[] = [];
  const tag = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y;
  while (tag.lastIndex < text.length) {
    const [, weak, name = ""] = tag.exec(text) ?? [];
    if (tag.lastIndex === 0) break;
    tags.push({ weak: weak !== undefined, name: name.split(";", 1)[0] ?? "" });
  }
  if (tags.length === 0 || tag.lastIndex === 0)
    throw fail("BAD_REQUEST", `${field} must be * or quoted entity tags, as in "article_01….3"`, { field });
  return tags;
}

/**
 * Runs a write under the request's If-Match: with the version that the tag stands for, or without one for no header and `*`.
 * Of several tags at most one is current, so the newest is tried first and the others where the answer names them.
 */
export async function ifMatch<T>(
  header: string | null,
  manager: ResourceManager,
  id: string,
  write: (ifVersion: number | undefined) => Promise<T>,
): Promise<T> {
  const tags = header === null ? "*" : parseTags("If-Match", header);
  if (tags === "*") return write(undefined);
  const versions = (await Promise.all(tags.map((tag) => versionOf(tag, manager, id)))).filter((version) => version !== undefined);
  if (versions.length === 0) {
    const { version } = await manager.get(id, { includeDeleted: true });
    throw fail("VERSION_MISMATCH", `If-Match names no version of ${id}, which is at version ${version}`, {
      resource: manager.spec.name,
      id,
      actual: version,
    });
  }
  return tryVersions(
    versions.toSorted((a, b) => b - a),
    write,
  );
}

async function tryVersions<T>([newest, ...older]: readonly number[], write: (ifVersion: number | undefined) => Promise<T>): Promise<T> {
  try {
    return await write(newest);
  } catch (thrown) {
    const actual = thrown instanceof SpecStarError && thrown.code === "VERSION_MISMATCH" ? thrown.details.actual : undefined;
    if (actual === undefined || !older.includes(actual)) throw thrown;
    return write(actual);
  }
}

/** The version that a tag means, undefined where it is not one of this resource. */
async function versionOf({ weak, name }: Tag, manager: ResourceManager, id: string): Promise<number | undefined> {
  if (weak) return undefined;
  const version = name.startsWith(`${id}.`) ? name.slice(id.length + 1) : "";
  if (/^[1-9]\d{0,14}$/.test(version)) return Number(version);
  if (!name.startsWith(`${id}:`)) return undefined;
  // The tag of a revision: it stands for today's version while that revision is current and unchanged.
  const { current, version: today } = await manager.get(id, { includeDeleted: true });
  return name === `${current.id}.${current.hash}` ? today : undefined;
}

/** What a compressed answer has behind its tag. */
const coding = /;(?:gzip|br|zstd)"$/;

/**
 * The tag of the representation that the client has already: this one, compressed or not, as it named it; undefined where it has
 * none. Weak comparison, as RFC 9110 asks for in If-None-Match.
 */
export function knownTag(header: string | null, etag: string | undefined): string | undefined {
  if (header === null || etag === undefined) return undefined;
  if (header === etag) return etag;
  if (parseTags("If-None-Match", header) === "*") return etag;
  // Other suffixes are other representations, so whole tags are compared.
  return header
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .find((tag) => tag.replace(coding, '"') === etag);
}

/** `If-None-Match: *` on a write: it must create. Other tags mean nothing there. */
export function mustCreate(headers: Headers): boolean {
  const header = headers.get("if-none-match");
  if (header === null) return false;
  if (header.trim() !== "*") throw fail("BAD_REQUEST", "On a write, If-None-Match takes only *", { field: "If-None-Match" });
  if (headers.get("if-match") !== null)
    throw fail("BAD_REQUEST", "If-Match and If-None-Match exclude each other", { field: "If-None-Match" });
  return true;
}
