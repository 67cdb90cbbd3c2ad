import { expect } from "vitest";
import type { BlobRows } from "../../src/storage/blob-rows.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { MetaResult, MetaStore, MetaUnit } from "../../src/storage/meta-store.ts";
import type { BlobRow } from "../../src/storage/rows.ts";
import { Article, create, hashOf, modify, purge, type Version } from "./fixtures.ts";

/** What the sweeper builds on: laws of a `MetaStore` that no caller of `IStorage` sees. */
export interface CondemnCase {
  readonly name: string;
  readonly run: (meta: MetaStore) => Promise<void>;
}

/** What can be broken of a meta store here. */
interface Sweeping {
  readonly commit: MetaStore["commit"];
  readonly condemn: MetaStore["condemn"];
  readonly condemnHashes: BlobRows["condemn"];
  readonly forgetHashes: BlobRows["forget"];
  readonly nameOf: BlobRows["nameOf"];
}

/** A meta store that breaks one of the laws. */
export interface CondemnMutant {
  readonly name: string;
  readonly broken: (sound: Sweeping) => Partial<Sweeping>;
}

/** Breaks a sound store. */
export function mutate(meta: MetaStore, { broken }: CondemnMutant): MetaStore {
  const { blobs } = meta;
  const { commit, condemn, condemnHashes, nameOf } = broken({
    commit: meta.commit.bind(meta),
    condemn: meta.condemn.bind(meta),
    condemnHashes: blobs.condemn.bind(blobs),
    forgetHashes: blobs.forget.bind(blobs),
    nameOf: blobs.nameOf.bind(blobs),
  });
  Object.assign(blobs, { ...(condemnHashes ? { condemn: condemnHashes } : {}), ...(nameOf ? { nameOf } : {}) });
  return Object.assign(meta, { ...(commit ? { commit } : {}), ...(condemn ? { condemn } : {}) });
}

export const newKey = systemContext.uuid;

/** A unit of these versions, whose bodies are elsewhere, under these keys. */
export function keyed(...pairs: readonly (readonly [Version, string])[]): MetaUnit {
  const changes = pairs.map(([{ change }, key]) => {
    const { revision, imported: _imported, ...rest } = change;
    if (!revision) return rest;
    const { body: _, ...row } = revision;
    return { ...rest, revision: { ...row, inline: null, key } };
  });
  return { changes };
}

export const ofOne = (version: Version, key = newKey()): MetaUnit => keyed([version, key]);

/** The codes of failed units, true for committed ones. */
export async function outcomes(meta: MetaStore, ...units: readonly MetaUnit[]): Promise<unknown[]> {
  const answers: readonly MetaResult[] = await meta.commit(units);
  return answers.map((answer) => answer.ok || ("error" in answer ? Reflect.get(Object(answer.error), "code") : answer.failure.kind));
}

export const isThere = async (meta: MetaStore, { meta: { id } }: Version): Promise<boolean> =>
  (await meta.read("article", [{ id }]))[0] !== undefined;

let made = 0;
function blobRow(hash: string): BlobRow {
  made += 1;
  return { id: `blob_${made}`, hash, size: 1, contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
}
const newHash = (): string => hashOf(newKey());

export const condemnCases: readonly CondemnCase[] = [
  {
    name: "a commit with a condemned key is UNAVAILABLE, and nothing of its unit is written",
    run: async (meta) => {
      const [first, second, key] = [create(Article, { title: "1" }), create(Article, { title: "2" }), newKey()];
      expect(await meta.condemn([key])).toEqual([key]);
      expect(await outcomes(meta, keyed([first, newKey()], [second, key]))).toEqual(["UNAVAILABLE"]);
      expect([await isThere(meta, first), await isThere(meta, second)]).toEqual([false, false]);
      expect((await meta.changes({ after: 0, limit: 10 })).length).toBe(0);
      expect(await outcomes(meta, keyed([first, newKey()], [second, newKey()]))).toEqual([true]);
    },
  },
  {
    name: "it disturbs no other unit of its list",
    run: async (meta) => {
      const articles = Array.from({ length: 3 }, (_, views) => create(Article, { views }));
      const keys = articles.map(newKey);
      await meta.condemn(keys.slice(1, 2));
      expect(await outcomes(meta, ...articles.map((article, i) => ofOne(article, keys[i])))).toEqual([true, "UNAVAILABLE", true]);
    },
  },
  {
    name: "a key that a revision has is never condemned",
    run: async (meta) => {
      const [article, key, stray] = [create(Article, {}), newKey(), newKey()];
      expect(await outcomes(meta, ofOne(article, key))).toEqual([true]);
      expect(await meta.condemn([key, stray])).toEqual([stray]);
      expect(await meta.condemn([key])).toEqual([]);
    },
  },
  {
    name: "a condemned key is answered whenever it is asked for: whoever was to delete its bytes may have died",
    run: async (meta) => {
      const key = newKey();
      for (let times = 0; times < 2; times++) expect(await meta.condemn([key])).toEqual([key]);
    },
  },
  {
    name: "the keys of replaced and of purged revisions are condemned",
    run: async (meta) => {
      const [draft, first, second] = [create(Article, { title: "1" }, { status: "draft" }), newKey(), newKey()];
      const modified = modify(draft, { title: "2" });
      await outcomes(meta, ofOne(draft, first));
      await outcomes(meta, ofOne(modified, second));
      expect(await meta.condemn([first, second])).toEqual([first]);
      expect(await outcomes(meta, ofOne(purge(modified)))).toEqual([true]);
      expect(await meta.condemn([second])).toEqual([second]);
    },
  },
  {
    name: "a condemned hash takes no row until that is forgotten",
    run: async ({ blobs }) => {
      const hash = newHash();
      expect(await blobs.condemn([hash])).toEqual([hash]);
      expect(await blobs.put(blobRow(hash))).toBe(false);
      await blobs.forget([hash]);
      expect(await blobs.put(blobRow(hash))).toBe(true);
    },
  },
  {
    name: "a hash that a row holds is never condemned",
    run: async ({ blobs }) => {
      const [held, stray] = [newHash(), newHash()];
      await blobs.put(blobRow(held));
      expect(await blobs.condemn([held, stray])).toEqual([stray]);
      expect(await blobs.put(blobRow(held))).toBe(true);
    },
  },
  {
    name: "a hash is condemned once, and again when nobody has finished it for long",
    run: async ({ blobs }) => {
      const hash = newHash();
      expect(await blobs.condemn([hash])).toEqual([hash]);
      expect(await blobs.condemn([hash])).toEqual([]);
      expect(await blobs.release({ before: Date.now() + 1000 })).toEqual([hash]);
    },
  },
  {
    name: "a hash that somebody did not finish is given up for good, and its bytes come again under another name",
    run: async ({ blobs }) => {
      const hash = newHash();
      expect(await blobs.nameOf(hash)).toBe(hash);
      const names = [hash, `${hash}.1`];
      for (const [i, name] of names.entries()) {
        expect(await blobs.condemn([name])).toEqual([name]);
        expect(await blobs.release({ before: Date.now() + 1000 })).toEqual([name]);
        expect(await blobs.release({ before: Date.now() + 1000 })).toEqual([]);
        await blobs.forget([name]);
        expect(await blobs.put(blobRow(name))).toBe(false);
        expect(await blobs.condemn(names)).toEqual(expect.arrayContaining([name]));
        await blobs.forget(names);
        expect(await blobs.nameOf(hash)).toBe(`${hash}.${i + 1}`);
      }
      expect(await blobs.put(blobRow(`${hash}.2`))).toBe(true);
      const other = newHash();
      expect(await blobs.nameOf(other)).toBe(other);
    },
  },
];

export const condemnMutants: readonly CondemnMutant[] = [
  {
    name: "looks whether a key is in use, and marks nothing",
    broken: (sound) => {
      const used = new Set<string>();
      return {
        commit: async (units) => {
          for (const { changes } of units) for (const { revision } of changes) if (revision?.key) used.add(revision.key);
          return sound.commit(units);
        },
        condemn: async (keys) => keys.filter((key) => !used.has(key)),
      };
    },
  },
  {
    name: "fails the whole list for one unit",
    broken: (sound) => ({
      commit: async (units) => {
        const results = await sound.commit(units);
        const failed = results.find(({ ok }) => !ok);
        return failed ? results.map(() => failed) : results;
      },
    }),
  },
  { name: "condemns whatever it is asked for", broken: (sound) => ({ condemn: async (keys) => sound.condemn(keys).then(() => keys) }) },
  {
    name: "answers each key once",
    broken: (sound) => {
      const answered = new Set<string>();
      return {
        condemn: async (keys) => {
          const fresh = (await sound.condemn(keys)).filter((key) => !answered.has(key));
          for (const key of fresh) answered.add(key);
          return fresh;
        },
      };
    },
  },
  {
    name: "takes a key for used that once was",
    broken: (sound) => {
      const used = new Set<string>();
      return {
        commit: async (units) => {
          const results = await sound.commit(units);
          for (const [i, { changes }] of units.entries())
            if (results[i]?.ok) for (const { revision } of changes) if (revision?.key) used.add(revision.key);
          return results;
        },
        condemn: async (keys) => sound.condemn(keys.filter((key) => !used.has(key))),
      };
    },
  },
  {
    name: "condemns a hash and lets its rows in",
    broken: (sound) => ({
      condemnHashes: async (hashes) => {
        const condemned = await sound.condemnHashes(hashes);
        await sound.forgetHashes(condemned);
        return condemned;
      },
    }),
  },
  { name: "keeps all bytes under their hash", broken: () => ({ nameOf: async (hash) => hash }) },
  {
    name: "condemns hashes that are held",
    broken: (sound) => ({ condemnHashes: async (hashes) => sound.condemnHashes(hashes).then(() => hashes) }),
  },
  {
    name: "condemns a hash for two at a time",
    broken: (sound) => {
      const condemned = new Set<string>();
      return {
        condemnHashes: async (hashes) => {
          for (const hash of await sound.condemnHashes(hashes)) condemned.add(hash);
          return hashes.filter((hash) => condemned.has(hash));
        },
      };
    },
  },
];
