import { fail } from "../errors.ts";
import type { Page, PageArgs } from "../manager/page.ts";
import { linkHeader } from "./link-header.ts";
import { linesType, preferredType } from "./media-type.ts";
import { knownTag } from "./precondition.ts";
import { notModified, pageJson, type Reply, readReply, type StreamReply } from "./reply.ts";
import type { Call } from "./route-template.ts";

/** How items are shown: each form of them has a tag of its own, if it can have one. */
interface Shows<T> {
  tag(whole: string): string | undefined;
  texts(items: readonly T[]): Promise<readonly string[]>;
}

/** One item, whose tag as a whole is `whole`; 304 for who has it. */
export async function itemReply<T>({ request }: Call, shown: Shows<T>, item: T, whole: string): Promise<Reply> {
  const etag = shown.tag(whole);
  const known = knownTag(request.headers.get("if-none-match"), etag);
  if (known !== undefined) return notModified(known);
  const [text = ""] = await shown.texts([item]);
  return readReply(text, etag);
}

/** How the pages of a list are had. */
export interface Pages<T> {
  /** Of the first page; `total` asks for a count. */
  readonly args: PageArgs & { readonly total?: boolean | undefined };
  read(args: PageArgs): Promise<Page<T>>;
  /** Each as JSON text. */
  texts(items: readonly T[]): Promise<readonly string[]>;
  /** False where the request is not in the URL, so that a link could not repeat it. */
  readonly links?: boolean;
}

/** A page, with `Link` to the ones around it; or, where the client prefers NDJSON, one line after the other. */
export async function pageReply<T>(call: Call, pages: Pages<T>): Promise<Reply | StreamReply> {
  if (preferredType(call.request.headers.get("accept"), [linesType]) === linesType) return linesReply(call, pages);
  const { args, read, texts, links = true } = pages;
  const page = await read(args);
  const { pageInfo } = page;
  const reply = readReply(pageJson(page, pageInfo, await texts(page.items)));
  const link = links ? linkHeader(call, args, pageInfo) : undefined;
  if (link !== undefined) reply.headers.link = link;
  return reply;
}

/** A line per item over all pages, at most `limits.lines`; a last line `{"next": cursor}` where there are more. */
async function linesReply<T>({ limits }: Call, { args, read, texts }: Pages<T>): Promise<StreamReply> {
  const { first = limits.lines, last, before, total } = args;
  const unfit = Object.entries({ last, before, count: total || undefined }).find(([, value]) => value !== undefined)?.[0];
  if (unfit) throw fail("BAD_REQUEST", `${unfit} is for pages: as ${linesType} a list takes first and after`, { field: unfit });
  if (first < 0 || first > limits.lines) throw fail("BAD_REQUEST", `first is 0 to ${limits.lines} as ${linesType}`, { field: "first" });
  const readOn = (left: number, after: string | undefined) => read({ ...args, first: Math.min(left, limits.pageSize), after });
  // The first page comes first, so whatever refuses the request is still a problem with a status of its own.
  const begin = await readOn(first, args.after);
  const { headers } = readReply("");
  return {
    status: 200,
    headers: { ...headers, "content-type": linesType },
    stream: lines(begin, first, readOn, texts),
    failure: ({ body }) => `{"problem":${body}}\n`,
  };
}

async function* lines<T>(
  begin: Page<T>,
  most: number,
  readOn: (left: number, after: string | undefined) => Promise<Page<T>>,
  texts: Pages<T>["texts"],
): AsyncGenerator<string, void> {
  let page = begin;
  let left = most;
  for (;;) {
    const text = (await texts(page.items)).map((each) => `${each}\n`).join("");
    if (text !== "") yield text;
    left -= page.items.length;
    const cursor = page.hasNextPage ? page.pageInfo.endCursor : null;
    if (cursor === null) return;
    if (left === 0) return void (yield `${JSON.stringify({ next: cursor })}\n`);
    page = await readOn(left, cursor);
  }
}
