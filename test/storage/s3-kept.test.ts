import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { assert, describe, expect, test, vi } from "vitest";
import type { IStorage } from "../../src/storage/storage.ts";
import type { Fault } from "../support/s3-double.ts";
import { commit, expectCode, expectCurrent, found, idsOf } from "./case.ts";
import { Article, create, purge } from "./fixtures.ts";
import { elsewhere, open, opening, S3World } from "./s3-fixtures.ts";

const world = new S3World();

describe("a process that is killed", () => {
  test("loses nothing that it acknowledged: not in its folder, and not without it", async () => {
    const place = await world.newPlace({ snapshotBytes: 50_000, retentionMs: 0 });
    const told = new Set<string>();
    for (const seed of ["a", "b", "c"]) {
      const child = spawn(
        process.execPath,
        ["--conditions=source", join(import.meta.dirname, "s3-child.ts"), JSON.stringify(place), seed],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      const exited = once(child, "exit");
      const goal = told.size + 60;
      createInterface(child.stdout).on("line", (id) => {
        told.add(id);
        if (told.size === goal) child.kill("SIGKILL");
      });
      await exited;
    }
    expect(told.size).toBeGreaterThanOrEqual(180);
    const expectAll = async (storage: IStorage) => {
      const rows = await storage.changes({ after: 0, limit: 10_000 });
      expect(rows.map(({ position }) => position)).toEqual(rows.map((_, i) => i + 1));
      const ids = new Set(rows.map(({ id }) => id));
      expect([...told].filter((id) => !ids.has(id))).toEqual([]);
      const stored = await storage.read(
        "article",
        rows.map(({ id }) => ({ id })),
      );
      expect(stored.filter((each) => !each)).toEqual([]);
    };
    const again = await open(place);
    await expectAll(again);
    await again.close();
    await expectAll(await open(await elsewhere(place)));
  });
});

describe("a bucket", () => {
  test("of a server that wants ETags without quotes will do", async () => {
    world.double().unquotedIfMatch = true;
    const place = await world.newPlace({ leaseMs: 100 });
    const storage = await open(place);
    const lease = () => world.objects(place).get(`${place.prefix}lease`)?.etag;
    const before = lease();
    await vi.waitFor(() => expect(lease()).not.toBe(before), { timeout: 10_000, interval: 5 });
    const article = create(Article, {});
    await commit(storage, article);
    await storage.close();
    await expectCurrent(await open(await elsewhere(place)), article);
  });

  test.each<[string, Fault, string]>([
    ["ignores If-None-Match", "unconditional", "if-none-match"],
    ["ignores If-Match", "unconditional", "if-match"],
    ["refuses If-None-Match", { status: 501, code: "NotImplemented" }, "if-none-match"],
    ["refuses If-Match", { status: 501, code: "NotImplemented" }, "if-match"],
  ])("of a server that %s is UNSUPPORTED, which says why", async (_what, fault, header) => {
    world.plant(fault, ({ headers }) => headers[header] !== undefined);
    await expect(opening(await world.newPlace())).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("If-None-Match and If-Match"),
    });
  });

  test.each(["log", "snapshots"])("whose %s is damaged or has gaps is DATA_CORRUPTION that names the object", async (part) => {
    const place = await world.newPlace();
    const storage = await open(place);
    await commit(storage, ...Array.from({ length: 5 }, () => create(Article, { text: "some text" })));
    await storage.close();
    const key = world
      .keysOf(place, part)
      .filter((each) => !each.endsWith(".json"))
      .at(part === "log" ? 2 : -1);
    assert(key);
    const whole = Buffer.concat([...(world.objects(place).get(key)?.chunks ?? [])]);
    const named = { code: "DATA_CORRUPTION", message: expect.stringContaining(key.slice(place.prefix.length)) };
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(whole.length - 20) ^ 1, whole.length - 20);
    for (const bytes of [changed, whole.subarray(0, whole.length - 1), Buffer.alloc(0), undefined]) {
      if (bytes) world.double().bucket(place.bucket).put(key, [bytes]);
      else world.objects(place).delete(key);
      await expect(opening(await elsewhere(place))).rejects.toMatchObject(named);
    }
    world.double().bucket(place.bucket).put(key, [whole]);
    await open(await elsewhere(place));
  });

  test("that was emptied, or lost the end of its log, does not begin anew on a folder with data", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    await commit(storage, create(Article, {}), create(Article, {}));
    await storage.close();
    const last = world.keysOf(place, "log").at(-1) ?? "";
    const whole = world.objects(place).get(last);
    assert(whole);
    world.objects(place).delete(last);
    await expect(opening(place)).rejects.toMatchObject({
      code: "DATA_CORRUPTION",
      message: expect.stringContaining(last.slice(place.prefix.length)),
    });
    world.objects(place).set(last, whole);
    const other = await world.newPlace();
    await (await open(other)).close();
    await expectCode("UNSUPPORTED", opening({ ...other, dir: place.dir }));
    for (const key of [...world.objects(place).keys()]) if (key.startsWith(place.prefix)) world.objects(place).delete(key);
    await expectCode("DATA_CORRUPTION", opening(place));
  });

  test("holds no byte of what was purged once the snapshots and the log of before have gone", async () => {
    const place = await world.newPlace({ retentionMs: 0, snapshotBytes: 20_000 });
    const storage = await open(place);
    const secret = create(Article, { title: "secret-title", slug: "secret-slug" });
    const kept = create(Article, { title: "kept-title" });
    await commit(storage, secret, kept);
    const holding = (text: string): string[] =>
      [...world.objects(place)].flatMap(([key, { chunks }]) =>
        key.startsWith(place.prefix) && Buffer.concat([...chunks]).includes(text) ? [key] : [],
      );
    expect(holding("secret-")).not.toEqual([]);
    await commit(storage, purge(secret));
    await vi.waitFor(
      async () => {
        await commit(storage, create(Article, { text: "filler" }));
        expect(holding("secret-")).toEqual([]);
      },
      { timeout: 20_000, interval: 1 },
    );
    await storage.close();
    const again = await open(await elsewhere(place));
    await expectCurrent(again, kept);
    expect(idsOf([kept])).toEqual(await found(again, Article, { where: { title: { eq: "kept-title" } } }));
  });
});
