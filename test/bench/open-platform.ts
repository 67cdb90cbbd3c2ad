import type { PlatformOptions, ResourceSpec } from "specstar";
import type { Place } from "./place.ts";

/** SpecStar with its defaults, on what the place is. On PostgreSQL all bytes are in the database: articles are small. */
export async function openPlatform(place: Place, options: Pick<PlatformOptions, "actor" | "plugins"> = {}) {
  const { Article } = await import("./article.ts");
  return openWith(place, [Article], options);
}

export async function openLibrary(place: Place) {
  const { Author, Book, Review } = await import("./library.ts");
  return openWith(place, [Author, Book, Review]);
}

export async function openWith<const Specs extends readonly ResourceSpec[]>(
  { dir, postgres }: Place,
  resources: Specs,
  options: Pick<PlatformOptions, "actor" | "log" | "plugins"> = {},
) {
  const { createPlatform } = await import("specstar");
  const storage = postgres
    ? (await import("specstar/postgres")).postgresStorage({ ...postgres, revisions: "sql" })
    : (await import("specstar/disk")).diskStorage(dir);
  return createPlatform({ ...options, resources, storage });
}
