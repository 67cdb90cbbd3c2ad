import { z } from "zod";
import { defineResource, ref, SpecStarError } from "../../src/index.ts";

export const Writer = defineResource("writer", {
  schema: z.object({ name: z.string(), published: z.int().default(0) }),
  unique: ["name"],
});

/** Actions of every shape: with and without input and output, on its own resource and on others, and ones that fail. */
export const Post = defineResource("post", {
  schema: z.object({
    title: z.string().max(20),
    slug: z.string(),
    publishedAt: z.iso.datetime().optional(),
    // So that one can be gone while a post still names it.
    writer: ref(Writer, { onDelete: "dangling" }).optional(),
  }),
  unique: ["slug"],
  index: ["title"],
  actions: {
    publish: {
      description: "Makes it readable for all",
      input: z.object({ at: z.iso.datetime(), notify: z.boolean().default(true) }),
      output: z.object({ url: z.string(), notified: z.boolean() }),
      handler: async ({ input, resource, resources }) => {
        if (resource.data.publishedAt !== undefined) throw new SpecStarError("CONFLICT", "It is published");
        const { data } = await resource.patch({ merge: { publishedAt: input.at } });
        if (data.writer !== undefined) {
          const writer = await resources(Writer).get(data.writer);
          await resources(Writer).patch(writer.id, { merge: { published: writer.data.published + 1 } });
        }
        return { url: `/${data.slug}`, notified: input.notify };
      },
    },
    touch: { handler: async () => {} },
    rename: {
      input: z.object({ title: z.string() }),
      handler: async ({ input, resource }) => void (await resource.patch({ merge: { title: input.title } })),
    },
    fork: {
      input: z.object({ slug: z.string(), writer: ref(Writer).optional() }),
      output: z.object({ copy: ref("post") }),
      handler: async ({ input, resource, resources }) => {
        const { title } = resource.data;
        const copy = await resources("post").create({ title, ...input });
        await resource.patch({ merge: { title: `${title}*` } });
        return { copy: copy.id };
      },
    },
    retire: {
      handler: async ({ resource, resources }) => {
        await resource.patch({ merge: { title: "Retired" } });
        await resource.delete();
        await resources(Writer).upsert({ name: "Nobody" }, { name: "Nobody" });
      },
    },
  },
});
