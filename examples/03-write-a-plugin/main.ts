import { createPlatform, defineResource, ParkedEvent } from "specstar";
import { memoryStorage } from "specstar/memory";
import { z } from "zod";
import { slug } from "./slug.ts";
import { tally } from "./tally.ts";

const Post = defineResource("post", {
  schema: z.object({ title: z.string().min(1), slug: z.string().max(80).default("") }),
  index: ["title"],
  unique: ["slug"],
});

const platform = createPlatform({
  // Listed here, what a feed handler has failed on can be seen and tried again on both APIs.
  resources: [Post, ParkedEvent],
  storage: memoryStorage(),
  plugins: [slug({ resource: "post" }), tally],
  actor: ({ headers }) => ({ id: headers.get("x-writer") ?? "anonymous", roles: [], claims: {} }),
});
const { url } = await platform.listen({ port: Number(process.env.PORT ?? 4000) });
console.log(`Create a post at ${url}/posts with the header x-writer, then look at ${url}/tallies`);
