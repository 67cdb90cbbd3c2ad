import { rm } from "node:fs/promises";
import { diskStorage } from "../../src/disk.ts";
import { memoryStorage } from "../../src/memory.ts";
import { postgresStorage } from "../../src/postgres.ts";
import { embeddedQueue } from "../../src/queue/embedded-queue.ts";
import type { MessageRows } from "../../src/storage/message-rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "../support/new-directory.ts";
import { newSchema } from "../support/postgres-database.ts";
import { deliveryLimit, type Process } from "./case.ts";
import type { StartWorld } from "./conformance.ts";

/** Short, so that a killed process is soon missed; a busy machine may miss one that lives, and then what it held comes twice. */
const leaseMs = 900;

/** A queue over a storage that can be taken away from it: from then on nothing that it asks is answered. */
export function processOn(storage: IStorage): Process {
  let killed = false;
  const cut = new Proxy(storage.messages, {
    get: (rows, name) => {
      const value: unknown = Reflect.get(rows, name);
      return typeof value === "function"
        ? (...given: unknown[]) => (killed ? new Promise(() => {}) : Reflect.apply(value, rows, given))
        : value;
    },
  }) satisfies MessageRows;
  return {
    queue: embeddedQueue({ messages: cut, capabilities: storage.capabilities }, { deliveryLimit, leaseMs, pollMs: 20 }),
    kill: () => {
      killed = true;
    },
  };
}

/** Every process has a storage of its own, over the same data. */
async function separate(open: () => IStorage, remove: () => Promise<void>) {
  const storages: IStorage[] = [];
  return {
    process: async () => {
      const storage = open();
      await storage.open([], () => {});
      storages.push(storage);
      return processOn(storage);
    },
    cleanup: async () => {
      for (const storage of storages) await storage.close();
      await remove();
    },
  };
}

export const inMemory: StartWorld = async () => {
  const storage = memoryStorage();
  await storage.open([], () => {});
  return { process: async () => processOn(storage), cleanup: () => storage.close() };
};

export const inSqlite: StartWorld = async () => {
  const dir = await newDirectory("queue");
  return separate(
    () => diskStorage(dir),
    () => rm(dir, { recursive: true }),
  );
};

export const inPostgres: StartWorld = async () => {
  const { url, schema, drop } = await newSchema();
  return separate(() => postgresStorage({ url, schema, pool: 2, revisions: "sql" }), drop);
};
