import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { MetaCapabilities, MetaResult, MetaUnit } from "../../src/storage/meta-store.ts";
import { MemoryBlobStore } from "../../src/stores/memory/memory-blob-store.ts";
import { MemoryMetaStore } from "../../src/stores/memory/memory-meta-store.ts";
import { MemoryRevisionStore } from "../../src/stores/memory/memory-revision-store.ts";
import { expectCurrent } from "./case.ts";
import { Article, create, specs, unit, update, type Version } from "./fixtures.ts";

/** Keeps each transaction open until it is let go. */
class SlowMetaStore extends MemoryMetaStore {
  override readonly capabilities: MetaCapabilities = { durable: false, shared: false, maxBatch: 2, transactions: 2 };
  readonly begun: { readonly ids: readonly string[]; readonly end: () => void }[] = [];

  override async commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.begun.push({ ids: units.flatMap(({ changes }) => changes.map(({ meta }) => meta.id)), end: resolve });
    await promise;
    return super.commit(units);
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await setImmediate();
}

test("transactions run side by side, never two on one resource, and writes to one stay in order", async () => {
  const meta = new SlowMetaStore(systemContext);
  const storage = composeStorage({ meta, revisions: new MemoryRevisionStore(systemContext), blobs: new MemoryBlobStore() });
  await storage.open(specs, () => {});
  const [a, b, c, d] = ["a", "b", "c", "d"].map((title) => create(Article, { title })) as [Version, Version, Version, Version];
  const again = update(a, { title: "a again" });
  const committed = [a, again, b, c, d].map((version) => storage.commit([unit(version)]));
  onTestFinished(() => storage.close());
  const openNow = () => meta.begun.map(({ ids }) => ids);
  await turns();
  expect(openNow()).toEqual([
    [a.meta.id, b.meta.id],
    [c.meta.id, d.meta.id],
  ]);
  meta.begun[1]?.end();
  await turns();
  expect(openNow()).toHaveLength(2);
  meta.begun[0]?.end();
  await turns();
  expect(openNow()).toHaveLength(3);
  meta.begun[2]?.end();
  expect((await Promise.all(committed)).flat()).toEqual(committed.map(() => ({ ok: true })));
  await expectCurrent(storage, again, b, c, d);
});
