import { createPatch, Pointer } from "rfc6902";
import type { JsonPatchOperation } from "../apply-patch.ts";
import { authorize } from "../authorize.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { current } from "../write.ts";
import { revisionNumber, unknownRevision } from "./revision.ts";

export interface RevisionDiff {
  readonly from: number;
  readonly to: number;
  /** JSON Patch (RFC 6902) that makes `to` of `from`. */
  readonly operations: readonly JsonPatchOperation[];
  /** Dotted paths of the fields that differ, each once, in order. */
  readonly paths: readonly string[];
}

export async function diff(scope: Scope, id: string, from: number, to: number | undefined): Promise<RevisionDiff> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "diff", spec });
  const { meta } = await current(scope, id, filter);
  const numbers = [revisionNumber(from), to === undefined ? meta.current : revisionNumber(to)] as const;
  const found = await core.storage.read(
    spec.name,
    numbers.map((number) => ({ id, number })),
  );
  const [before, after] = numbers.map((number, i) => {
    const stored = found[i];
    if (!stored) throw unknownRevision(spec, id, number);
    return new RevisionView(spec, stored.revision, meta.current).data;
  });
  const operations = createPatch(before, after);
  const paths = [
    ...new Set(
      operations.map(({ path }) =>
        Pointer.fromJSON(path)
          .tokens.slice(1)
          .filter((token) => token !== "-")
          .join("."),
      ),
    ),
  ].sort();
  return { from: numbers[0], to: numbers[1], operations, paths };
}
