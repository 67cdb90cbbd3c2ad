import { fail, type SpecStarError } from "../errors.ts";
import type { Purged } from "../manager/operations/purge.ts";
import type { Page, PageInfo } from "../manager/page.ts";
import { ActionResult, type Resource, type RevisionView, type Written } from "../manager/resource.ts";

/**
 * An answer as plain data. The Fetch edge makes a Response of it; the Node edge writes it to the socket as it is, which
 * costs less than half of what a Response does.
 */
export interface Reply {
  readonly status: number;
  /** Lower-case names. The door adds its own before the answer leaves. */
  readonly headers: Record<string, string>;
  readonly body: string | null;
  /** Failures inside of an answer that is none: the door logs those that are ours. */
  readonly failures?: readonly SpecStarError[];
  /** The body is a resource after a write: left out where the client prefers `return=minimal`. */
  readonly written?: true;
}

/** An answer that goes on: text or bytes as they come, until it ends or nobody reads any more. */
export interface StreamReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  /** Pulled as fast as the reader takes it; `return` is called when the reader is gone. */
  readonly stream: AsyncIterableIterator<string | Uint8Array>;
  /** What to say last where the stream fails; without it the connection is cut, so that nobody takes the half for the whole. */
  readonly failure?: (problem: Reply) => string;
}

const vary = "Accept, Accept-Encoding, Authorization";
const fresh = "private, no-cache";

/** Strong: changes with every committed change of the resource. */
export const resourceTag = (resource: Resource): string => `"${resource.id}.${resource.version}"`;

/** Strong. A draft has a suffix, because becoming stable changes the answer and not the hash. */
export const revisionTag = ({ id, hash, info }: RevisionView): string => `"${id}.${hash}${info.status === "draft" ? ";draft" : ""}"`;

/** JSON text that was read: may be kept, must be asked for again. */
export function readReply(body: string, etag?: string): Reply {
  const headers: Record<string, string> = { "content-type": "application/json", vary, "cache-control": fresh };
  if (etag !== undefined) headers.etag = etag;
  return { status: 200, headers, body };
}

export const notModified = (etag: string): Reply => ({ status: 304, headers: { etag, vary, "cache-control": fresh }, body: null });

/** The resource after a write. */
export function writtenReply(resource: Resource, status: 200 | 201 = 200, extra: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "content-type": "application/json", etag: resourceTag(resource), "cache-control": fresh, ...extra },
    body: resource.json,
    written: true,
  };
}

/** The resource after an action, with what that answered. */
export function actionReply(result: Written | Purged): Reply {
  if (!(result instanceof ActionResult)) throw fail("INTERNAL", `An action on ${result.id} has no result`);
  const { changed, output, replayed, json } = result;
  const extra: Record<string, string> = replayed ? { "idempotency-replayed": "true" } : {};
  const { written, ...reply } = writtenReply(result, 200, extra);
  const more = output === undefined ? { changed } : { changed, output };
  return {
    ...reply,
    body: `${json.slice(0, -1)},${JSON.stringify(more).slice(1)}`,
    // An output is nowhere else to be read.
    ...(written && output === undefined ? { written } : {}),
  };
}

/** The envelope of a revision as JSON text, with the stored data spliced in. */
export const revisionJson = (revision: RevisionView): string => `${revision.infoJson.slice(0, -1)},"data":${revision.json}}`;

/** A page as JSON text. */
export function pageJson({ totalCount }: Page<unknown>, pageInfo: PageInfo, items: readonly string[]): string {
  const total = totalCount === undefined ? "" : `,"totalCount":${totalCount}`;
  return `{"items":[${items.join(",")}],"pageInfo":${JSON.stringify(pageInfo)}${total}}`;
}
