import type { Archived } from "../../storage/archives.ts";
import type { Change, ChangeKind } from "../../storage/rows.ts";
import type { Incoming } from "./incoming.ts";

/** What to do with a resource of the archive that is here already, and is another. */
export const conflictPolicies = ["fail", "skip", "replace"] as const;
export type OnConflict = (typeof conflictPolicies)[number];

export type Decision =
  | { readonly kind: "write"; readonly replaces: boolean; readonly change: Change }
  /** It is here as it is in the archive. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "conflict"; readonly why: string };

interface Import {
  readonly onConflict: OnConflict;
  readonly at: number;
  readonly by: string;
}

/** What becomes of a resource of the archive where this is here under its id. A purge is for good: nothing takes its place. */
export function decideImport(incoming: Incoming, here: Archived | undefined, { onConflict, at, by }: Import): Decision {
  if (here && isSame(incoming, here)) return { kind: "unchanged" };
  if (here?.meta.state === "purged") return { kind: "conflict", why: "was purged here, and its id stays reserved" };
  if (here && onConflict !== "replace") return { kind: "conflict", why: "is here already, with another history" };
  const { spec, meta, imported } = incoming;
  const expected = here?.meta.version ?? 0;
  // No version is given twice: whoever has read the one that was here must notice.
  const version = Math.max(meta.version, expected + 1);
  const purges = meta.state === "purged";
  const pointers = imported.pointers.map((pointer) => (pointer.version === meta.version ? { ...pointer, version } : pointer));
  const blobs = [...new Set(imported.revisions.flatMap((each) => each.blobs))];
  const change: Change = {
    kind: kindOf(incoming, here),
    type: spec.name,
    expected,
    meta: { ...meta, version },
    ...(purges ? {} : { imported: { ...imported, pointers }, blobs }),
    // What was current before is not there any more; of a purge nothing is.
    previous: null,
    at,
    by,
  };
  return { kind: "write", replaces: here !== undefined, change };
}

/** What it is to whoever follows the feed: what they knew is replaced, gone, or here for the first time. */
function kindOf({ meta }: Incoming, here: Archived | undefined): ChangeKind {
  if (meta.state !== "live") return meta.state;
  if (!here) return "created";
  return here.meta.state === "deleted" ? "restored" : "updated";
}

/** The same history. Versions are left out: a resource that took the place of another one has a higher one than in its archive. */
function isSame({ meta, imported }: Incoming, here: Archived): boolean {
  if (meta.state === "purged" || here.meta.state === "purged") return meta.state === here.meta.state;
  return fingerprintOf(imported) === fingerprintOf(here);
}

const fingerprintOf = ({ pointers, revisions }: Pick<Archived, "pointers" | "revisions">): string =>
  JSON.stringify([
    pointers.map(({ at, by, current, state }) => [at, by, current, state]),
    revisions.map(({ blobs, revision: { number, parent, status, hash, schemaVersion, createdAt, createdBy, updatedAt, updatedBy } }) => [
      [number, parent, status, hash, schemaVersion],
      [createdAt, createdBy, updatedAt, updatedBy],
      blobs,
    ]),
  ]);
