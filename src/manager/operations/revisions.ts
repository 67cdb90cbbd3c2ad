import { fail, SpecStarError } from "../../errors.ts";
import { matches } from "../../storage/evaluate.ts";
import type { MetaRow } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { Page, type PageArgs, pageSize } from "../page.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { notFound } from "../write.ts";

export type RevisionsArgs = PageArgs;
export type RevisionConnection<T> = Page<RevisionView<T>>;

/** Oldest first; deleted resources keep their history. */
export async function revisions<T>(scope: Scope, id: string, args: RevisionsArgs): Promise<RevisionConnection<T>> {
  const [page] = await revisionsOfMany<T>(scope, [id], args);
  if (page instanceof Page) return page;
  throw page ?? notFound(scope.spec, id);
}

/** For each resource that page of its history, or why there is none; two storage calls for all of them. */
export async function revisionsOfMany<T>(
  scope: Scope,
  ids: readonly string[],
  args: RevisionsArgs,
): Promise<readonly (RevisionConnection<T> | SpecStarError)[]> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "revisions", spec });
  const size = pageSize(args, core.limits);
  const [after, before] = [openCursor(scope, "after", args.after), openCursor(scope, "before", args.before)];
  const found = await core.storage.read(
    spec.name,
    ids.map((id) => ({ id })),
  );
  const asked = ids.map((id, i): MetaRow | SpecStarError => {
    const meta = found[i]?.meta;
    if (!meta || !matches(filter, meta)) return notFound(spec, id);
    const foreign = [after, before].find((cursor) => cursor && cursor.of !== id);
    return foreign ? fail("BAD_REQUEST", "The cursor belongs to another history", { field: foreign.field }) : meta;
  });
  const there = asked.flatMap((each) => (each instanceof SpecStarError ? [] : [each.id]));
  const window = { ...size, ...(after ? { after: after.number } : {}), ...(before ? { before: before.number } : {}) };
  const pages = (await core.storage.revisions(spec.name, there, window)).values();
  return asked.map((each) => {
    if (each instanceof SpecStarError) return each;
    const page = pages.next().value;
    const rows = page?.rows ?? [];
    const items = rows.map((row) => new RevisionView<T>(spec, row, each.current));
    const around = page ?? { total: 0, hasPrevious: false, hasNext: false };
    return new Page(items, around, (index) => core.cursors.seal(["revisions", each.id, rows[index]?.number ?? 0]));
  });
}

interface Place {
  readonly field: string;
  /** The resource, and the number within its history. */
  readonly of: string;
  readonly number: number;
}

function openCursor({ core }: Scope, field: string, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const content = core.cursors.open(cursor, field);
  if (!Array.isArray(content) || content[0] !== "revisions") throw fail("BAD_REQUEST", "The cursor belongs to another history", { field });
  return { field, of: String(content[1]), number: Number(content[2]) };
}
