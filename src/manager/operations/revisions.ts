import { fail } from "../../errors.ts";
import { authorize } from "../authorize.ts";
import { Page, type PageArgs, pageSize } from "../page.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { current } from "../write.ts";

export type RevisionsArgs = PageArgs;
export type RevisionConnection<T> = Page<RevisionView<T>>;

/** Oldest first; deleted resources keep their history. */
export async function revisions<T>(scope: Scope, id: string, args: RevisionsArgs): Promise<RevisionConnection<T>> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "revisions", spec });
  const window = {
    ...pageSize(args, core.limits),
    ...(args.after === undefined ? {} : { after: openCursor(scope, id, "after", args.after) }),
    ...(args.before === undefined ? {} : { before: openCursor(scope, id, "before", args.before) }),
  };
  const { meta } = await current(scope, id, filter);
  const page = await core.storage.revisions(spec.name, id, window);
  const items = page.rows.map((row) => new RevisionView<T>(spec, row, meta.current));
  return new Page(items, page, (index) => core.cursors.seal(["revisions", id, page.rows[index]?.number ?? 0]));
}

function openCursor({ core }: Scope, id: string, field: string, cursor: string): number {
  const content = core.cursors.open(cursor, field);
  if (!Array.isArray(content) || content[0] !== "revisions" || content[1] !== id)
    throw fail("BAD_REQUEST", "The cursor belongs to another history", { field });
  return Number(content[2]);
}
