import { createPlatform } from "../../src/index.ts";
import { Article, Author } from "../support/articles.ts";
import { storageOf } from "./storage-argument.ts";

/** A server in a process of its own, on the storage that its argument names. It ends with the process that started it. */
const platform = createPlatform({ resources: [Author, Article], storage: await storageOf(process.argv[2] ?? ""), log: false });
const { url } = await platform.listen({ port: 0 });
process.on("disconnect", () => process.exit());
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ rss: process.memoryUsage.rss() });
});
process.send?.({ url });
