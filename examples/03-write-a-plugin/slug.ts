import { definePlugin } from "specstar";
import { z } from "zod";

const slugOf = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");

/** Makes a slug of another field where the writer gave none, and refuses what no slug can be made of. */
export const slug = definePlugin({
  name: "slug",
  options: z.object({ resource: z.string(), from: z.string().default("title"), to: z.string().default("slug") }),
  setup: ({ resource, from, to }) => ({
    on: {
      "*.*.before": (event) => {
        if (event.type !== resource || (event.operation !== "create" && event.operation !== "update" && event.operation !== "patch"))
          return;
        if (event.data[to]) return;
        const made = slugOf(String(event.data[from]));
        if (made === "") event.refuse("VALIDATION_FAILED", `No slug can be made of this ${from}: give one`, { field: to });
        event.data[to] = made;
      },
    },
  }),
});
