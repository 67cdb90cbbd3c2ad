import { hash } from "node:crypto";
import { s3Storage } from "../../src/s3.ts";
import { Article, create, specs, unit } from "./fixtures.ts";

/** A node of its own: creates articles without end, eight at a time, and tells each that was acknowledged. Ends by being killed. */
const [options = "{}", seed = "0"] = process.argv.slice(2);
const storage = s3Storage(JSON.parse(options));
await storage.open(specs, () => {});
let made = 0;
const worker = async (): Promise<void> => {
  for (;;) {
    made += 1;
    const id = `article_${hash("sha256", `${seed} ${made}`).slice(0, 26)}`;
    const article = create(Article, { title: id, text: "x".repeat(made % 3 === 0 ? 20_000 : 10) }, { id });
    const [result] = await storage.commit([unit(article)]);
    if (result?.ok) process.stdout.write(`${id}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, worker));
