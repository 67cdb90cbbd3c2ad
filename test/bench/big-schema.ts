import { z } from "zod";
import { buildSchema } from "../../schema/index.ts";
import { defineResource, ref } from "../../src/index.ts";

const letter = (n: number): string => String.fromCharCode(97 + n);

/** A field of each common kind in turn. */
const kinds: readonly (() => z.ZodType)[] = [
  () => z.string().max(200).describe("A text"),
  () => z.int().default(0),
  () => z.boolean().optional(),
  () => z.array(z.string()),
  () => z.object({ a: z.string(), b: z.number() }),
  () => z.enum(["one", "two", "three"]),
];

/** A process of its own measures this once, as a start does: what the second run costs, nobody pays. */
const begin = performance.now();
const first = defineResource("target", { schema: z.object({ name: z.string() }), index: ["name"] });
const others = Array.from({ length: 99 }, (_, r) => {
  const more = Array.from({ length: 24 }, (__, f) => [`f${f}`, kinds[f % kinds.length]?.() ?? z.string()]);
  // Fields that no type knows of: none of them is indexed.
  const rest: Record<never, z.ZodType> = Object.fromEntries(more);
  const indexed = { title: z.string(), views: z.int(), tags: z.array(z.string()), state: z.enum(["draft", "done"]), day: z.iso.date() };
  return defineResource(`${letter(Math.floor(r / 26))}${letter(r % 26)}Thing`, {
    schema: z.object({ ...indexed, ...rest, target: ref(first) }),
    index: ["title", "views", "tags", "state", "day"],
  });
});
const schema = buildSchema([first, ...others]);
console.log(JSON.stringify({ ms: performance.now() - begin, types: Object.keys(schema.getTypeMap()).length }));
