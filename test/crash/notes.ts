import { createHash } from "node:crypto";
import { z } from "zod";
import { blob } from "../../src/spec/field.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";

/** What the load writes: a column of every kind that can go wrong, a unique one, and bodies of all sizes. */
export const Note = defineResource("note", {
  schema: z.object({
    token: z.string(),
    title: z.string(),
    slug: z.string().nullable(),
    views: z.int(),
    score: z.number().nullable(),
    open: z.boolean(),
    tags: z.array(z.string()),
    text: z.string(),
    file: blob().optional(),
  }),
  index: ["title", "views", "score", "open", "tags", ["title", "views"]],
  unique: ["slug"],
  history: true,
});

/** Ids that callers choose, so that many want the same one. */
export const Setting = defineResource("setting", {
  schema: z.object({ token: z.string(), value: z.int() }),
  key: true,
  index: ["value"],
});

export const specs: readonly ResourceSpec[] = [Note, Setting];

/** Few values per column, so that searches find many; slugs are shared by few. */
const slugs = 4_000;
/** Bytes of text by the last digit of the digest: most sit in their row, some are files, and one is large. */
const sizes = [0, 40, 40, 100, 100, 400, 400, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 17_000, 40_000, 100_000] as const;

export interface NoteData {
  readonly token: string;
  readonly title: string;
  readonly slug: string | null;
  readonly views: number;
  readonly score: number | null;
  readonly open: boolean;
  readonly tags: string[];
  readonly text: string;
}

/** All data but the file follows from its token: whoever reads it back can tell each byte that should be there. */
export function noteOf(token: string): NoteData {
  const digest = createHash("sha256").update(token).digest();
  const at = (index: number): number => digest[index] ?? 0;
  const slug = digest.readUInt16BE(4) % slugs;
  return {
    token,
    title: `title ${at(0) % 16}`,
    slug: at(1) % 4 === 0 ? null : `slug-${slug}`,
    views: at(2) % 20,
    score: at(3) % 8 === 0 ? null : (at(3) % 8) / 2,
    open: at(6) % 2 === 0,
    tags: Array.from({ length: at(7) % 4 }, (_, index) => `tag ${at(8 + index) % 8}`),
    text: textOf(digest.toString("hex"), sizes[at(15) % sizes.length] ?? 0),
  };
}

export const settingOf = (token: string) => ({ token, value: noteOf(token).views });

/** What a resource of this type holds when `token` wrote it. */
export const dataOf = (type: string, token: string): object => (type === Note.name ? noteOf(token) : settingOf(token));

/** Who wrote data with this token; one writer may write several pieces, as `writer/0`. */
export const writerOf = (token: string): string => token.split("/")[0] ?? token;

const textOf = (pattern: string, length: number): string => pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
