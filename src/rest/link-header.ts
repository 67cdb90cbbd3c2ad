import type { PageArgs, PageInfo } from "../manager/page.ts";
import type { RootCall } from "./route-template.ts";

const pageParams: ReadonlySet<string> = new Set(["first", "after", "last", "before"]);

/** `Link` to the pages around this one (RFC 8288): the same query with other cursors. Undefined where there are none. */
export function linkHeader(
  { path, search, limits }: Pick<RootCall, "path" | "search" | "limits">,
  { first, last }: PageArgs,
  page: PageInfo,
): string | undefined {
  if (!page.hasNextPage && !page.hasPreviousPage) return undefined;
  const same = [...new URLSearchParams(search)].filter(([name]) => !pageParams.has(name));
  const size = String(first ?? last ?? limits.defaultPageSize);
  const link = (rel: string, params: readonly [string, string][]) => `<${path}?${new URLSearchParams([...same, ...params])}>; rel="${rel}"`;
  const links: string[] = [];
  if (page.hasNextPage && page.endCursor !== null)
    links.push(
      link("next", [
        ["first", size],
        ["after", page.endCursor],
      ]),
    );
  if (page.hasPreviousPage && page.startCursor !== null)
    links.push(
      link("prev", [
        ["last", size],
        ["before", page.startCursor],
      ]),
    );
  return links.length > 0 ? links.join(", ") : undefined;
}
