import type { PlatformOptions } from "specstar";
import type { Place } from "./place.ts";

/** SpecStar with its defaults, on what the place is. On PostgreSQL all bytes are in the database: articles are small. */
export async function openPlatform({ dir, postgres }: Place, actor?: PlatformOptions["actor"]) {
  const [{ createPlatform }, { Article }] = await Promise.all([import("specstar"), import("./article.ts")]);
  const storage = postgres
    ? (await import("specstar/postgres")).postgresStorage({ ...postgres, revisions: "sql" })
    : (await import("specstar/disk")).diskStorage(dir);
  return createPlatform({ resources: [Article], storage, ...(actor ? { actor } : {}) });
}
