import { setImmediate } from "node:timers/promises";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { newSchema, postgresMissing } from "../support/postgres-database.ts";
import { commit, expectCurrent } from "./case.ts";
import { Article, create } from "./fixtures.ts";
import { openPostgres, temporaryPlace } from "./postgres-fixtures.ts";

/** Makes schemas of tables, views and indexes and drops them again, until it is told to stop. */
async function comeAndGo(going: () => boolean): Promise<number> {
  const { url, schema, drop } = await newSchema();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let times = 0;
  try {
    while (going()) {
      const tables = Array.from(
        { length: 8 },
        (_, i) => `create table article_${i} (id text primary key, text text); create index on article_${i} (text);`,
      );
      const views = "create view seen as select * from article_0; create materialized view kept as select * from article_1;";
      await client.query(`create schema ${schema}; set search_path = ${schema}; ${tables.join("")} ${views}`);
      await client.query(`set client_min_messages = error; drop schema ${schema} cascade`);
      times += 1;
      await setImmediate();
    }
  } finally {
    await client.end();
    await drop();
  }
  return times;
}

describe.skipIf(postgresMissing !== undefined)(`stores beside others in a database ${postgresMissing ?? ""}`, () => {
  test("open while the schemas of others come and go", async () => {
    let opening = true;
    const neighbours = Promise.all(Array.from({ length: 3 }, () => comeAndGo(() => opening)));
    try {
      for (let round = 0; round < 6; round++) {
        const store = await openPostgres(await temporaryPlace(), {}, "sql");
        const article = create(Article, { views: round });
        await commit(store, article);
        await expectCurrent(store, article);
      }
    } finally {
      opening = false;
    }
    expect(Math.min(...(await neighbours))).toBeGreaterThan(6);
  });

  test("open a new schema at once, each of them", async () => {
    for (let round = 0; round < 4; round++) {
      const place = await temporaryPlace();
      const stores = await Promise.all(Array.from({ length: 5 }, () => openPostgres(place, {}, "sql")));
      const article = create(Article, { views: round });
      const [first, ...others] = stores;
      if (first) await commit(first, article);
      for (const store of others) await expectCurrent(store, article);
    }
  });
});
