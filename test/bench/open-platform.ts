import type { ResourceSpec } from "specstar";
import type { Place } from "./place.ts";

/** SpecStar with its defaults, on what the place is. On PostgreSQL all bytes are in the database: articles are small. */
export async function openPlatform(place: Place) {
  const { Article } = await import("./article.ts");
  return openWith(place, Article);
}

export async function openWith<Spec extends ResourceSpec>({ dir, postgres }: Place, resource: Spec) {
  const { createPlatform } = await import("specstar");
  const storage = postgres
    ? (await import("specstar/postgres")).postgresStorage({ ...postgres, revisions: "sql" })
    : (await import("specstar/disk")).diskStorage(dir);
  return createPlatform({ resources: [resource], storage, log: false });
}
