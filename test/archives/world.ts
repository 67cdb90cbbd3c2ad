import fc from "fast-check";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { blob, defineResource, ref } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { createPlatform, type PlatformOptions } from "../../src/platform.ts";
import type { IStorage } from "../../src/storage/storage.ts";

export const Author = defineResource("author", { schema: z.object({ name: z.string() }), index: ["name"], unique: ["name"] });
export const Article = defineResource("article", {
  schema: z.object({
    title: z.string(),
    text: z.string().default(""),
    views: z.int().default(0),
    tags: z.array(z.string()).default([]),
    author: ref(Author).optional(),
    cover: blob().nullable().default(null),
  }),
  index: ["title", "views", "tags"],
  history: true,
});
export const Country = defineResource("country", { schema: z.object({ cca3: z.string(), name: z.string() }), key: "cca3" });
export const specs = [Author, Article, Country] as const;

type Options = Partial<Omit<PlatformOptions<typeof specs>, "storage">>;

/** Closed when the test ends. */
export async function openOn(storage: IStorage = memoryStorage(), options: Options = {}) {
  const platform = createPlatform({ resources: specs, log: false, ...options, storage });
  onTestFinished(() => platform.close());
  await platform.ready();
  return platform;
}

export type World = Awaited<ReturnType<typeof openOn>>;

export async function bytesOf(archive: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const exported = async (platform: World, options: Parameters<World["export"]>[0] = {}): Promise<Buffer> =>
  bytesOf(await platform.export(options));

/** In pieces of any size, as a network brings them. */
export async function* pieces(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** One step in the life of an article: what is done to the n-th of them. */
const step = fc.record({
  op: fc.constantFrom("create", "draft", "update", "modify", "switch", "delete", "restore", "purge", "blob", "author"),
  n: fc.nat(9),
  text: fc.string({ unit: "binary", maxLength: 20 }).filter((text) => text.isWellFormed() && !text.includes("\0")),
  views: fc.integer({ min: 0, max: 3 }),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
export const steps = fc.array(step, { minLength: 1, maxLength: 40 });

/** What cannot be done to an article as it is, is left undone. */
export async function live(platform: World, life: readonly Step[]): Promise<void> {
  const [articles, authors] = [platform.resource(Article), platform.resource(Author)];
  const ids: string[] = [];
  for (const [i, { op, n, text, views }] of life.entries()) {
    const data = { title: text, text: text.repeat(views * 50), views, tags: [text, String(n)] };
    if (op === "create" || op === "draft" || ids.length === 0) {
      ids.push((await articles.create(data, { status: op === "draft" ? "draft" : "stable" })).id);
      continue;
    }
    const id = ids[n % ids.length] ?? "";
    const doing = async (): Promise<unknown> => {
      const now = await articles.get(id, { includeDeleted: true });
      switch (op) {
        case "update":
          return articles.update(id, data, { status: views === 0 ? "draft" : "stable" });
        case "modify":
          return articles.modify(id, { merge: data }, { ifVersion: now.version });
        case "switch":
          return articles.switch(id, 1 + (views % now.meta.revisionCount));
        case "delete":
          return articles.delete(id);
        case "restore":
          return articles.restore(id);
        case "purge":
          return articles.purge(id);
        case "blob":
          return articles.patch(id, {
            merge: { cover: (await platform.blobs.put(Buffer.from(text.repeat(1 + n)), { contentType: "text/plain" })).id },
          });
        default:
          return articles.patch(id, { merge: { author: (await authors.create({ name: `${text} ${i}` })).id } });
      }
    };
    await doing().catch((thrown: unknown) => {
      if (!(thrown instanceof Error && "code" in thrown && ["NOT_FOUND", "GONE", "CONFLICT"].includes(String(thrown.code)))) throw thrown;
    });
  }
}

/** A world with something of everything. */
export async function openFull(storage?: IStorage): Promise<World> {
  const platform = await openOn(storage);
  const [articles, authors, countries] = [platform.resource(Article), platform.resource(Author), platform.resource(Country)];
  const ann = await authors.create({ name: "Ann" });
  await countries.create({ cca3: "FRA", name: "France" });
  const cover = (await platform.blobs.put(Buffer.alloc(300_000, "cover"), { contentType: "text/plain" })).id;
  const shared = (await platform.blobs.put(Buffer.from("shared"), { contentType: "image/png" })).id;
  const one = await articles.create({ title: "one", author: ann.id, cover }, { status: "draft" });
  await articles.modify(one.id, { merge: { views: 5 } }, { ifVersion: 1, status: "stable" });
  await articles.update(one.id, { title: "one, again", text: "long ".repeat(10_000), cover: shared });
  await articles.switch(one.id, 1);
  const two = await articles.create({ title: "two", tags: ["a", "ä"], cover: shared });
  await articles.delete(two.id);
  const three = await articles.create({ title: "three" });
  await articles.delete(three.id);
  await articles.restore(three.id);
  const gone = await articles.create({ title: "gone" });
  await articles.purge(gone.id);
  return platform;
}
