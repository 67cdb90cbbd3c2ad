import { createPlatform, defineResource } from "specstar";
import { memoryStorage } from "specstar/memory";
import { resourceTemplates } from "specstar/rest";
import { z } from "zod";
import { answeringDelete } from "./answering-delete.ts";
import { historyCsv } from "./history-csv.ts";

const Note = defineResource("note", { schema: z.object({ text: z.string().min(1) }), index: ["text"] });

/** All that the platform has, but no purge over REST; one replaced by another of its name; one added. */
const templates = [
  ...resourceTemplates.filter(({ name }) => name !== "purge").map((each) => (each.name === answeringDelete.name ? answeringDelete : each)),
  historyCsv,
];

const platform = createPlatform({ resources: [Note], storage: memoryStorage(), rest: { templates } });
const { url } = await platform.listen({ port: Number(process.env.PORT ?? 4000) });
console.log(`Create a note at ${url}/notes, then GET /notes/{id}/history.csv`);
