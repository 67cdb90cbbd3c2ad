import { expect, test } from "vitest";
import { execute, postgresUrl, withoutPostgres } from "../support/postgres-database.ts";
import { commit } from "./case.ts";
import { Article, create } from "./fixtures.ts";
import { openPostgres, type Place, temporaryPlace } from "./postgres-fixtures.ts";

/** The way that a document of 12 KB was compressed. */
async function compressionAt({ url, schema, dir }: Place, options: string): Promise<unknown> {
  const address = new URL(url);
  address.searchParams.set("options", options);
  const storage = await openPostgres({ url: address.href, schema, dir }, {}, "sql");
  await commit(storage, create(Article, { title: "long", slug: "long", body: "store revision field ".repeat(600) }));
  const [row] = await execute(url, `select pg_column_compression(inline) as way from ${schema}.specstar_revision`);
  return row?.way;
}

if (!withoutPostgres()) {
  test("compresses documents in the quickest way that the server knows", async () => {
    const [known] = await execute(await postgresUrl(), "select enumvals as ways from pg_settings where name = 'default_toast_compression'");
    expect(await compressionAt(await temporaryPlace(), "")).toBe(String(known?.ways).includes("lz4") ? "lz4" : "pglz");
  });

  test("compresses documents as the server was told to", async () => {
    expect(await compressionAt(await temporaryPlace(), "-c default_toast_compression=pglz")).toBe("pglz");
  });
}
