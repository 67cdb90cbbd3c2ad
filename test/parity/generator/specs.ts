import { z } from "zod";
import { blob, defineResource, ref, SpecStarError } from "../../../src/index.ts";

/** Ids are made by the server; one unique field; refers to itself. */
const Person = defineResource("person", {
  schema: z.object({
    name: z.string().min(1).max(20),
    email: z.string().optional(),
    age: z.int32().default(0),
    mentor: ref("person", { inverse: "pupils" }).optional(),
  }),
  index: ["name", "age"],
  unique: ["email"],
});

/** The id is made of a field. */
const Land = defineResource("land", {
  schema: z.object({ code: z.string(), name: z.string(), area: z.number().default(0), capital: z.string().nullable() }),
  key: "code",
  index: ["name", "area", "capital"],
});

const state = z.enum(["open", "in-progress", "2nd", "true"]);
const media = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("image"), url: z.string(), artist: ref(Person, { inverse: false }).optional() }),
  z.object({ kind: z.literal("long-video"), seconds: z.int32(), url: z.string().optional() }),
  z.object({ kind: z.literal("none") }),
]);

/** Every kind of field, in every place that it can stand in. */
export const Thing = defineResource("thing", {
  schema: z.object({
    title: z.string().max(30),
    code: z.string().optional(),
    small: z.int32().default(0),
    large: z.int().optional(),
    ratio: z.number().nullable().optional(),
    flag: z.boolean().default(false),
    day: z.iso.date().optional(),
    moment: z.iso.datetime({ offset: true }).optional(),
    state: state.default("open"),
    fixed: z.literal("only").optional(),
    level: z.literal([1, 2, 3]).optional(),
    nothing: z.string().nullable(),
    tags: z.array(z.string()).default([]),
    holes: z.array(z.string().nullable()).optional(),
    grid: z.array(z.array(z.int32())).optional(),
    counts: z.record(z.string(), z.int()).optional(),
    owner: ref(Person).optional(),
    fans: z.array(ref(Person, { inverse: "likes" })).default([]),
    land: ref(Land).nullable().optional(),
    source: ref("thing", { pin: "revision" }).optional(),
    picture: blob().optional(),
    gallery: z.array(blob()).optional(),
    address: z
      .object({
        city: z.string(),
        zone: z.enum(["north", "south"]).optional(),
        geo: z.object({ lat: z.number(), lon: z.number() }).optional(),
      })
      .optional(),
    credit: z.object({ by: ref(Person, { inverse: false }), share: z.number().default(1) }).optional(),
    sections: z.array(z.object({ heading: z.string(), proof: ref(Person, { inverse: false }).optional() })).optional(),
    media: media.optional(),
  }),
  key: true,
  history: true,
  index: [
    "title",
    "small",
    "large",
    "ratio",
    "flag",
    "day",
    "moment",
    "state",
    "level",
    "nothing",
    "tags",
    "address.city",
    "address.zone",
    ["state", "small"],
  ],
  unique: ["code"],
  actions: {
    /** What it writes, and whether it refuses, is said by its input and by the state of what it is about. */
    promote: {
      input: z.object({
        by: z.int32(),
        state: state.default("in-progress"),
        owner: ref(Person).optional(),
        land: z.string().optional(),
        pupils: z.array(z.object({ name: z.string(), mentor: ref(Person).optional() })).optional(),
        media: media.nullable().optional(),
      }),
      output: z.object({
        small: z.int32(),
        state,
        at: z.iso.datetime(),
        owner: ref(Person).optional(),
        pupils: z.array(ref(Person)),
        media: media.nullable().optional(),
      }),
      handler: async ({ input, resource, resources, now }) => {
        const { by, owner, land, pupils = [], media } = input;
        if (by > 1000) throw new SpecStarError("UNSUPPORTED", "So much is not promoted at once");
        if (by === -1) throw new SpecStarError("CONFLICT", "It is promoted, and not demoted");
        const small = resource.data.small + by;
        if (by !== 0) await resource.patch({ merge: { small, state: input.state } });
        if (owner !== undefined) {
          const { data } = await resources(Person).get(owner);
          await resources(Person).patch(owner, { merge: { age: data.age + by } });
        }
        if (land !== undefined) await resources(Land).upsert({ id: `land_${land}` }, { code: land, name: resource.id, capital: null });
        const made: string[] = [];
        for (const pupil of pupils) made.push((await resources(Person).create(pupil)).id);
        if (by === 3) await resource.delete();
        return { small, state: input.state, at: now, owner, pupils: made, media };
      },
    },
    /** Takes nothing and answers nothing. */
    settle: {
      handler: async ({ resource }) => {
        if (resource.data.small !== 0) await resource.patch({ merge: { small: 0 } });
      },
    },
  },
});

/** Nothing is written without the version that was seen. */
const Setting = defineResource("setting", {
  schema: z.object({ value: z.string(), on: z.boolean().default(true) }),
  key: true,
  requireVersion: true,
  index: ["value"],
});

/** What concurrent writes contend for. No other operation touches it. */
export const Contest = defineResource("contest", {
  schema: z.object({ n: z.int32() }),
  key: true,
  index: ["n"],
  actions: {
    add: {
      input: z.object({ by: z.int32() }),
      handler: async ({ input, resource }) => {
        await resource.patch({ merge: { n: resource.data.n + input.by } });
      },
    },
  },
});

export const generated = [Person, Land, Thing, Setting] as const;
export const specs = [...generated, Contest] as const;
