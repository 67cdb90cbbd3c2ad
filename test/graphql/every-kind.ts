import { z } from "zod";
import { blob, defineResource, ref } from "../../src/index.ts";

export const Writer = defineResource("writer", {
  schema: z.object({ name: z.string().min(1), mentor: ref("writer", { inverse: "pupils" }).optional() }),
  index: ["name"],
});

/** A spec that uses every kind of field in every place that it can stand in. */
export const Sample = defineResource("sample", {
  description: "One of each",
  schema: z.object({
    text: z.string().describe("Any text"),
    old: z.string().optional().meta({ deprecated: true, description: "Use text" }),
    small: z.int32(),
    large: z.int(),
    ratio: z.number(),
    flag: z.boolean().default(false),
    day: z.iso.date(),
    moment: z.iso.datetime({ offset: true }),
    state: z.enum(["open", "in-progress", "2nd", "true"]).describe("Where it stands"),
    fixed: z.literal("only"),
    level: z.literal([1, 2, 3]).optional(),
    nothing: z.string().nullable(),
    maybe: z.string().optional(),
    tags: z.array(z.string()).default([]),
    holes: z.array(z.string().nullable()).optional(),
    grid: z.array(z.array(z.int32())).optional(),
    counts: z.record(z.string(), z.int()).optional(),
    writer: ref(Writer).optional(),
    source: ref("sample", { pin: "revision" }).optional(),
    editors: z.array(ref(Writer, { inverse: "edited" })).default([]),
    picture: blob().optional(),
    gallery: z.array(blob()).optional(),
    address: z
      .object({
        city: z.string(),
        zone: z.enum(["north", "south"]).optional(),
        geo: z.object({ lat: z.number(), lon: z.number() }).optional(),
      })
      .optional(),
    credit: z.object({ by: ref(Writer, { inverse: false }), share: z.number().default(1) }).optional(),
    sections: z.array(z.object({ heading: z.string(), proof: ref(Writer).optional() })).optional(),
    media: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("image"), url: z.string(), artist: ref(Writer).optional() }).describe("A still picture"),
        z.object({ kind: z.literal("long-video"), seconds: z.int32(), chapters: z.array(z.object({ at: z.number() })).optional() }),
        z.object({ kind: z.literal("none") }),
      ])
      .optional(),
    notes: z
      .array(
        z.discriminatedUnion("type", [
          z.object({ type: z.literal("plain"), text: z.string() }),
          z.object({ type: z.literal("link"), href: z.string() }),
        ]),
      )
      .optional(),
  }),
  history: true,
  index: [
    "text",
    "small",
    "large",
    "ratio",
    "flag",
    "day",
    "moment",
    "state",
    "fixed",
    "level",
    "nothing",
    "tags",
    "picture",
    "address.city",
    "address.zone",
    "credit.by",
  ],
  unique: ["maybe"],
  actions: {
    review: {
      description: "Says what is thought of it",
      input: z.object({
        verdict: z.enum(["keep", "drop-it"]),
        since: z.iso.date().optional(),
        weight: z.number().default(1),
        by: ref(Writer).optional(),
        reasons: z.array(z.object({ text: z.string() })).default([]),
        proof: z
          .discriminatedUnion("kind", [z.object({ kind: z.literal("page"), url: z.string() }), z.object({ kind: z.literal("hearsay") })])
          .optional(),
      }),
      output: z.object({
        score: z.number().describe("From 0 on"),
        reviewer: ref(Writer).optional(),
        verdicts: z.array(z.object({ verdict: z.enum(["keep", "drop-it"]), reason: z.string().nullable() })),
        proof: z.string().optional(),
      }),
      handler: async ({ input: { verdict, weight, by, reasons, proof } }) => ({
        score: weight * 2,
        ...(by === undefined ? {} : { reviewer: by }),
        verdicts: reasons.map(({ text }) => ({ verdict, reason: text === "" ? null : text })),
        ...(proof ? { proof: proof.kind === "page" ? proof.url : proof.kind } : {}),
      }),
    },
    close: { handler: async ({ resource }) => void (await resource.patch({ merge: { flag: true } })) },
  },
});

export const Named = defineResource("named", {
  schema: z.object({ title: z.string() }),
  key: true,
  requireVersion: true,
  plural: "namedOnes",
});
export const everyKind = [Writer, Sample, Named] as const;

/** The fields of a sample that have no default. */
export const sample = {
  text: "t",
  small: 1,
  large: 2 ** 40,
  ratio: 0.5,
  day: "2026-01-31",
  moment: "2026-01-31T12:00:00.000+02:00",
  state: "open",
  fixed: "only",
  nothing: null,
};
