import type { Archived, ArchiveQuery, Imported } from "../../../src/storage/archives.ts";
import { type Mutant, rewriting } from "./mutant.ts";

const asking = (name: string, ask: (query: ArchiveQuery) => ArchiveQuery): Mutant => ({
  name,
  broken: ({ archives }) => ({ archives: { page: (type, query) => archives.page(type, ask(query)) } }),
});

const answering = (name: string, answer: (page: readonly Archived[]) => readonly Archived[]): Mutant => ({
  name,
  broken: ({ archives }) => ({ archives: { page: async (type, query) => answer(await archives.page(type, query)) } }),
});

const importing = (name: string, rewrite: (imported: Imported) => Imported): Mutant =>
  rewriting(name, (change) => (change.imported ? { ...change, imported: rewrite(change.imported) } : change));

/** Storages that break the laws of archives and imports. */
export const archivists: readonly Mutant[] = [
  asking("archives all where some were asked for", ({ ids: _ids, ...query }) => query),
  answering("archives nothing of what was purged", (page) => page.filter(({ meta }) => meta.state !== "purged")),
  answering("archives only the last pointer", (page) => page.map((each) => ({ ...each, pointers: each.pointers.slice(-1) }))),
  answering("archives no blobs", (page) =>
    page.map((each) => ({ ...each, revisions: each.revisions.map((held) => ({ ...held, blobs: [] })) })),
  ),
  answering("archives pages the other way round", (page) => page.toReversed()),
  importing("imports only the last pointer", (imported) => ({ ...imported, pointers: imported.pointers.slice(-1) })),
  importing("imports blobs that nobody holds", (imported) => ({
    ...imported,
    revisions: imported.revisions.map((held) => ({ ...held, blobs: [] })),
  })),
  importing("indexes nothing of the past of an import", (imported) => ({
    ...imported,
    revisions: imported.revisions.map((held) => ({ ...held, columns: {} })),
  })),
  rewriting("takes an import over whatever is there", (change) =>
    change.imported && change.expected > 0 ? { ...change, expected: change.meta.version - 1 } : change,
  ),
  rewriting("imports what is deleted as if it lived", (change) =>
    change.imported && change.kind === "deleted" ? { ...change, meta: { ...change.meta, state: "live" } } : change,
  ),
  rewriting("indexes nothing of an import that is deleted", (change) =>
    change.imported && change.kind === "deleted" && change.expected > 0 ? { ...change, meta: { ...change.meta, columns: {} } } : change,
  ),
  {
    name: "forgets the id of what is purged before it was there",
    broken: (sound) => ({
      commit: async (units) => {
        const written = units.map((unit) => ({
          ...unit,
          changes: unit.changes.filter(({ kind, expected }) => kind !== "purged" || expected > 0),
        }));
        return sound.commit(written);
      },
    }),
  },
];
