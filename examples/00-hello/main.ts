import { createPlatform, defineResource } from "specstar";
import { memoryStorage } from "specstar/memory";
import { z } from "zod";

const Note = defineResource("note", {
  schema: z.object({ text: z.string().min(1), done: z.boolean().default(false) }),
  index: ["text", "done"],
});

const platform = createPlatform({ resources: [Note], storage: memoryStorage() });
const { url } = await platform.listen({ port: Number(process.env.PORT ?? 4000) });
console.log(`GraphQL: ${url}/graphql   REST: ${url}/notes`);
