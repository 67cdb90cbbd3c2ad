import { createPatch, Pointer } from "rfc6902";
import { SpecStarError } from "../../errors.ts";
import type { JsonPatchOperation } from "../../spec/patch.ts";
import { matches } from "../../storage/evaluate.ts";
import { authorize } from "../authorize.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { settled } from "../settled.ts";
import { notFound } from "../write.ts";
import { revisionNumber, unknownRevision } from "./revision.ts";

export interface RevisionDiff {
  readonly from: number;
  readonly to: number;
  /** JSON Patch (RFC 6902) that makes `to` of `from`. */
  readonly operations: readonly JsonPatchOperation[];
  /** Dotted paths of the fields that differ, each once, in order. */
  readonly paths: readonly string[];
}

/** Which revisions of a resource to compare; to the current one unless told. */
export interface DiffKey {
  readonly id: string;
  readonly from: number;
  readonly to?: number | undefined;
}

export async function diff(scope: Scope, key: DiffKey): Promise<RevisionDiff> {
  const [made] = await diffs(scope, [key]);
  if (!made || made instanceof SpecStarError) throw made ?? notFound(scope.spec, key.id);
  return made;
}

/** For each key its diff, or why there is none; two storage calls for all of them. */
export async function diffs(scope: Scope, keys: readonly DiffKey[]): Promise<readonly (RevisionDiff | SpecStarError)[]> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "diff", spec });
  const found = await core.storage.read(
    spec.name,
    keys.map(({ id }) => ({ id })),
  );
  const asked = keys.map(({ id, from, to }, i) => {
    const meta = found[i]?.meta;
    return settled(() => {
      const [first, last] = [revisionNumber(from), to === undefined ? undefined : revisionNumber(to)];
      if (!meta || !matches(filter, meta)) throw notFound(spec, id);
      return { id, numbers: [first, last ?? meta.current] as const, current: meta.current };
    });
  });
  const there = asked.flatMap((each) => (each instanceof SpecStarError ? [] : [each]));
  const rows = (
    await core.storage.read(
      spec.name,
      there.flatMap(({ id, numbers }) => numbers.map((number) => ({ id, number }))),
    )
  ).values();
  return asked.map((each) =>
    settled(() => {
      if (each instanceof SpecStarError) throw each;
      const { id, numbers, current } = each;
      const [from, to] = numbers;
      const [before, after] = numbers.map(() => rows.next().value);
      if (!before || !after) throw unknownRevision(spec, id, before ? to : from);
      const [old, young] = [before, after].map(({ revision }) => new RevisionView(spec, revision, current).data);
      return { from, to, ...difference(old, young) };
    }),
  );
}

function difference(before: unknown, after: unknown): Pick<RevisionDiff, "operations" | "paths"> {
  const operations = createPatch(before, after);
  const paths = operations.map(({ path }) =>
    Pointer.fromJSON(path)
      .tokens.slice(1)
      .filter((token) => token !== "-")
      .join("."),
  );
  return { operations, paths: [...new Set(paths)].sort() };
}
