import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { memoryStorage } from "../../src/memory.ts";
import { postgresStorage } from "../../src/postgres.ts";
import { type EmbeddedQueueOptions, embeddedQueue } from "../../src/queue/embedded-queue.ts";
import type { Settlement } from "../../src/queue/message-queue.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "../support/new-directory.ts";
import { execute, newSchema, withoutPostgres } from "../support/postgres-database.ts";
import { eventually, expectDepth, hanging, inbox, message, messages, put } from "./case.ts";

const hour = 3_600_000;

async function openQueue(storage: IStorage, options: EmbeddedQueueOptions = {}) {
  const queue = embeddedQueue(storage, { deliveryLimit: 3, leaseMs: hour, pollMs: hour, ...options });
  await queue.open(["jobs"]);
  onTestFinished(() => queue.close());
  return queue;
}

async function opened(storage: IStorage): Promise<IStorage> {
  await storage.open([], () => {});
  onTestFinished(() => storage.close());
  return storage;
}

async function directory(): Promise<string> {
  const dir = await newDirectory("queue");
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

describe("the embedded message queue", () => {
  test("refuses options that it does not have", async () => {
    const wrong: Record<string, unknown> = { deliveryLimits: 3 };
    expect(() => embeddedQueue(memoryStorage(), wrong)).toThrow("Did you mean deliveryLimit?");
  });

  test("gives back at once when it is closed, however long its lease is", async () => {
    const storage = await opened(memoryStorage());
    const [first, second] = [await openQueue(storage), await openQueue(storage)];
    await put(first, "jobs", ...messages(3));
    const box = await inbox(first, "jobs", hanging);
    await eventually(() => expect(box.deliveries).toHaveLength(3));
    await first.close();
    expect(await second.depth("jobs")).toEqual({ waiting: 3, dead: 0 });
  });

  test("goes on under a new lease after it stood still for longer than the old one", async () => {
    let now = Date.now();
    const clock = { now: () => now, uuid: () => crypto.randomUUID(), randomBytes: () => new Uint8Array(), random: () => 0.5 };
    const slow = await opened(memoryStorage({ context: clock }));
    const standing = await openQueue(slow, { leaseMs: 300, pollMs: 5 });
    await put(standing, "jobs", message("job_1"));
    let finish: (settlement: Settlement) => void = () => {};
    const box = await inbox(standing, "jobs", ({ deliveries }) =>
      deliveries === 1 ? new Promise<Settlement>((resolve) => (finish = resolve)) : Promise.resolve("requeue"),
    );
    await eventually(() => expect(box.deliveries).toHaveLength(1));
    // Another process finds that its time is over.
    now += 10_000;
    expect(await slow.messages.release(3)).toBe(1);
    await eventually(() => expect(box.deliveries.map(({ deliveries }) => deliveries)).toEqual([1, 2, 3]));
    finish("ack");
    await expectDepth(standing, "jobs", 0, 1);
  });

  test("asks the store again until it settles what was handled", async () => {
    const storage = await opened(memoryStorage());
    let failures = 0;
    const rows = storage.messages;
    const settle = rows.settle.bind(rows);
    // The store is away for the first three times.
    rows.settle = async (...args) => {
      failures += 1;
      if (failures <= 3) throw new TypeError("away");
      return settle(...args);
    };
    const queue = await openQueue(storage);
    await put(queue, "jobs", message("job_1"));
    const box = await inbox(queue, "jobs");
    await eventually(() => expect(failures).toBe(4));
    await box.consumer.close();
    await expectDepth(queue, "jobs", 0);
    expect(box.ids()).toEqual(["job_1"]);
  });

  test("settles many messages in few transactions", async () => {
    const storage = await opened(memoryStorage());
    const rows = storage.messages;
    const settle = rows.settle.bind(rows);
    const batches: number[] = [];
    rows.settle = (consumer, settled) => {
      batches.push(settled.length);
      return settle(consumer, settled);
    };
    const queue = await openQueue(storage);
    await put(queue, "jobs", ...messages(100));
    const box = await inbox(queue, "jobs", undefined, 100);
    await eventually(() => expect(box.deliveries).toHaveLength(100));
    await box.consumer.close();
    expect(batches).toEqual([100]);
  });

  test("finds messages in SQLite that a process put which has ended", async () => {
    const dir = await directory();
    const first = diskStorage(dir);
    await first.open([], () => {});
    const ended = embeddedQueue(first);
    await ended.open(["jobs"]);
    await put(ended, "jobs", ...messages(3));
    // Without leaving: as if it had been killed.
    await first.close();
    const queue = await openQueue(await opened(diskStorage(dir)));
    const box = await inbox(queue, "jobs");
    await eventually(() => expect(box.ids()).toEqual(["job_0", "job_1", "job_2"]));
  });

  test("says that a storage that is closed is out of reach", async () => {
    const storage = diskStorage(await directory());
    const queue = embeddedQueue(storage);
    await expect(queue.open(["jobs"])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await storage.open([], () => {});
    await queue.open(["jobs"]);
    await queue.close();
    await storage.close();
  });

  describe("on PostgreSQL", () => {
    if (withoutPostgres()) return;

    async function place() {
      const { url, schema, drop } = await newSchema();
      onTestFinished(drop);
      return { url, schema, open: () => opened(postgresStorage({ url, schema, pool: 2, revisions: "sql" })) };
    }

    test("hears of messages that another process puts, without looking", async () => {
      const { open } = await place();
      const [first, second] = [await openQueue(await open()), await openQueue(await open())];
      const box = await inbox(first, "jobs");
      // The first look is over: from here on it sleeps for an hour.
      await put(first, "jobs", message("job_0"));
      await eventually(() => expect(box.ids()).toEqual(["job_0"]));
      await expectDepth(first, "jobs", 0);
      await put(second, "jobs", message("job_1"));
      await eventually(() => expect(box.ids()).toEqual(["job_0", "job_1"]));
    });

    test("passes by what another process is claiming", async () => {
      const { url, schema, open } = await place();
      const storage = await open();
      const queue = await openQueue(storage);
      await put(queue, "jobs", ...messages(3));
      const held = execute(
        url,
        `set search_path = ${schema}; begin; select * from specstar_message where id = 'job_0' for update; select pg_sleep(3); commit`,
      );
      await eventually(async () => {
        const locked = await execute(url, "select 1 from pg_stat_activity where query like $1 and wait_event = 'PgSleep'", [
          `%${schema}; begin%`,
        ]);
        expect(locked).toHaveLength(1);
      });
      const session = crypto.randomUUID();
      await storage.messages.join(session, hour);
      expect((await storage.messages.claim("jobs", session, 3)).map(({ id }) => id)).toEqual(["job_1", "job_2"]);
      await held;
      expect((await storage.messages.claim("jobs", session, 3)).map(({ id }) => id)).toEqual(["job_0"]);
    });

    test("finds what waits by an index, however much there is", async () => {
      const { url, schema, open } = await place();
      await open();
      const waiting = "consumer is null and died_at is null";
      const session = new URL(url);
      session.searchParams.set("options", `-c search_path=${schema} -c enable_seqscan=off`);
      const plan = await execute(
        session.href,
        `explain select place from specstar_message where queue = 'jobs' and ${waiting} order by place limit 10 for update skip locked`,
      );
      expect(JSON.stringify(plan)).toContain("specstar_message__queue__place__index");
      expect(JSON.stringify(plan)).not.toContain("Sort");
    });
  });
});
