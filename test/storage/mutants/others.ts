import { fail } from "../../../src/errors.ts";
import { memoryStorage } from "../../../src/memory.ts";
import type { BlobRow, ChangeRow, FeedQuery } from "../../../src/storage/rows.ts";
import { streamOf } from "../fixtures.ts";
import type { Mutant } from "./mutant.ts";

const feeding = (name: string, answer: (row: ChangeRow, index: number) => ChangeRow): Mutant => ({
  name,
  broken: (sound) => ({ changes: async (query) => (await sound.changes(query)).map(answer) }),
});
const asking = (name: string, ask: (query: FeedQuery) => FeedQuery): Mutant => ({
  name,
  broken: (sound) => ({ changes: (query) => sound.changes(ask(query)) }),
});

/** Storages that break the laws of feed, state and blobs, and those that forget. */
export const others: readonly Mutant[] = [
  feeding("reuses feed positions", (row) => ({ ...row, position: ((row.position - 1) % 2) + 1 })),
  feeding("forgets who did it", (row) => ({ ...row, by: "" })),
  feeding("forgets what was current before", (row) => ({ ...row, previous: null })),
  feeding("numbers what it answers, not what happened", (row, index) => ({ ...row, position: index + 1 })),
  asking("begins a feed page at its position", (query) => ({ ...query, after: Math.max(0, query.after - 1) })),
  asking("ignores the filters of the feed", ({ after, limit }) => ({ after, limit })),
  {
    name: "leaves a gap in the feed for a failed unit",
    broken: (sound) => {
      const gaps: number[] = [];
      return {
        commit: async (units) => {
          const results = await sound.commit(units);
          const { head } = await sound.state();
          for (const result of results) if (!result.ok) gaps.push(head);
          return results;
        },
        changes: async (query) =>
          (await sound.changes(query)).map((row) => ({ ...row, position: row.position + gaps.filter((gap) => gap < row.position).length })),
      };
    },
  },
  {
    name: "keeps the feed for ever",
    broken: (sound) => ({
      state: async () => ({ ...(await sound.state()), tail: 0 }),
    }),
  },
  {
    name: "forgets the feed after five days",
    broken: (sound) => {
      const cutoff = Date.now() - 5 * 24 * 60 * 60 * 1000;
      return { changes: async (query) => (await sound.changes(query)).filter(({ at }) => at >= cutoff) };
    },
  },
  {
    name: "drops old feed rows wherever they stand",
    broken: (sound) => {
      const cutoff = Date.now() - 60 * 60 * 1000;
      return { changes: async (query) => (await sound.changes(query)).filter(({ at }) => at >= cutoff) };
    },
  },
  {
    name: "counts dropped feed rows from the head",
    broken: (sound) => ({
      state: async () => {
        const { head, tail, ...rest } = await sound.state();
        return { ...rest, head: head - tail, tail };
      },
    }),
  },
  {
    name: "drops resources with their feed rows",
    broken: (sound) => ({
      read: async (type, keys) => {
        const { tail } = await sound.state();
        return (await sound.read(type, keys)).map((stored, index) => (index < tail ? undefined : stored));
      },
    }),
  },
  {
    name: "takes a purged resource's past out of the feed",
    broken: (sound) => ({
      changes: async (query) => {
        const rows = await sound.changes(query);
        return rows.filter((row) => row.kind === "purged" || !rows.some((other) => other.kind === "purged" && other.id === row.id));
      },
    }),
  },
  {
    name: "begins a new epoch whenever it is asked",
    broken: (sound) => {
      let asked = 0;
      return { state: async () => ({ ...(await sound.state()), epoch: `epoch ${asked++}` }) };
    },
  },
  { name: "has no secret", broken: (sound) => ({ state: async () => ({ ...(await sound.state()), secret: new Uint8Array(32) }) }) },
  { name: "forgets everything when it is closed", broken: () => ({}), reopened: () => memoryStorage() },
  {
    name: "drops at closing what was begun",
    broken: (sound) => {
      let closed = false;
      return {
        commit: async (units) => {
          await new Promise(setImmediate);
          return closed ? units.map(() => ({ ok: true })) : sound.commit(units);
        },
        close: async () => {
          closed = true;
          await sound.close();
        },
      };
    },
  },
  {
    name: "damages blobs",
    broken: (sound) => ({
      readBlob: async function* (row) {
        for await (const chunk of sound.readBlob(row)) yield chunk.map((byte) => byte ^ 1);
      },
    }),
  },
  {
    name: "refuses an empty blob",
    broken: (sound) => ({
      putBlob: async (bytes, row) => {
        const stored = await sound.putBlob(bytes, row);
        if (stored.size === 0) throw fail("VALIDATION_FAILED", "A blob must have bytes");
        return stored;
      },
    }),
  },
  {
    name: "gives a new blob the row of the same bytes",
    broken: (sound) => {
      const rows = new Map<string, BlobRow>();
      return {
        putBlob: async (bytes, row) => {
          const stored = await sound.putBlob(bytes, row);
          rows.set(stored.hash, rows.get(stored.hash) ?? stored);
          return rows.get(stored.hash) ?? stored;
        },
      };
    },
  },
  {
    name: "takes one blob at a time",
    broken: (sound) => {
      let busy = false;
      return {
        putBlob: async (bytes, row) => {
          if (busy) throw fail("CONFLICT", "Another blob is being put");
          busy = true;
          return sound.putBlob(bytes, row).finally(() => {
            busy = false;
          });
        },
      };
    },
  },
  {
    name: "answers known blobs only",
    broken: (sound) => ({ blobs: async (ids) => (await sound.blobs(ids)).filter((row) => row !== undefined) }),
  },
  {
    name: "reads an unknown blob as empty",
    broken: (sound) => ({
      readBlob: async function* (row) {
        try {
          yield* sound.readBlob(row);
        } catch {}
      },
    }),
  },
  {
    name: "keeps half a blob",
    broken: (sound) => ({
      putBlob: async (bytes, row) => {
        const chunks: Uint8Array[] = [];
        try {
          for await (const chunk of bytes) chunks.push(chunk);
        } catch {}
        return sound.putBlob(streamOf(...chunks), row);
      },
    }),
  },
  {
    name: "reads the whole for a range of a blob",
    broken: (sound) => ({ readBlob: (row) => sound.readBlob(row) }),
  },
  {
    name: "knows only the first holder of a blob",
    broken: (sound) => ({
      holders: { page: async (blob, after) => (after === "" ? (await sound.holders.page(blob, after)).slice(0, 1) : []) },
    }),
  },
];
