import { memoryStorage } from "../../src/memory.ts";
import type { IStorage } from "../../src/storage/storage.ts";

/** A storage that notes what is asked of it. */
export function countingStorage(storage: IStorage = memoryStorage()) {
  const calls: string[] = [];
  const totals: boolean[] = [];
  const measured: string[][] = [];
  const noted = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  const counting: IStorage = {
    capabilities: storage.capabilities,
    schema: storage.schema,
    open: (specs, onCommit) => storage.open(specs, onCommit),
    commit: (units) => noted("commit", storage.commit(units)),
    read: (type, keys) => noted(`read ${type}`, storage.read(type, keys)),
    search: (type, query) => {
      totals.push(query.total);
      return noted(`search ${type}`, storage.search(type, query));
    },
    referrers: {
      pages: (type, query) => {
        totals.push(query.total);
        return noted(`referrers ${type}`, storage.referrers.pages(type, query));
      },
    },
    past: {
      search: (type, query) => {
        totals.push(query.total);
        return noted(`past ${type}`, storage.past.search(type, query));
      },
    },
    aggregates: {
      groups: (type, query) => {
        measured.push(query.measures.map(({ of, column }) => `${of} ${column.key}`));
        return noted(`aggregates ${type}`, storage.aggregates.groups(type, query));
      },
    },
    revisions: (type, ids, query) => noted(`revisions ${type}`, storage.revisions(type, ids, query)),
    changes: (query) => storage.changes(query),
    state: () => storage.state(),
    reply: (key) => storage.reply(key),
    putBlob: (bytes, row) => storage.putBlob(bytes, row),
    blobs: (ids) => noted("blobs", storage.blobs(ids)),
    readBlob: (row, range) => storage.readBlob(row, range),
    holders: storage.holders,
    links: storage.links,
    archives: storage.archives,
    get messages() {
      return storage.messages;
    },
    close: () => storage.close(),
  };
  return { storage: counting, calls, totals, measured };
}
