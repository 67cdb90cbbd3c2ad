import { memoryStorage } from "../../src/memory.ts";
import type { IStorage } from "../../src/storage/storage.ts";

/** A storage that counts what is asked of it, by method. */
export function countingStorage() {
  const storage = memoryStorage();
  const calls: string[] = [];
  const totals: boolean[] = [];
  const counting: IStorage = {
    capabilities: storage.capabilities,
    open: (specs, onCommit) => storage.open(specs, onCommit),
    commit: (units) => (calls.push("commit"), storage.commit(units)),
    read: (type, keys) => (calls.push(`read ${type}`), storage.read(type, keys)),
    search: (type, query) => (calls.push(`search ${type}`), totals.push(query.total), storage.search(type, query)),
    revisions: (type, id, query) => (calls.push(`revisions ${type}`), storage.revisions(type, id, query)),
    changes: (query) => storage.changes(query),
    state: () => storage.state(),
    reply: (key) => storage.reply(key),
    putBlob: (bytes, row) => storage.putBlob(bytes, row),
    blobs: (ids) => (calls.push("blobs"), storage.blobs(ids)),
    readBlob: (row) => storage.readBlob(row),
    close: () => storage.close(),
  };
  return { storage: counting, calls, totals, reset: () => void calls.splice(0) || totals.splice(0) };
}
