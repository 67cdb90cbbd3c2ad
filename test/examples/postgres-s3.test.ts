import { expect, onTestFinished, test } from "vitest";
import { newSchema, postgresMissing } from "../support/postgres-database.ts";
import { startS3Double } from "../support/s3-double.ts";
import { credentials } from "../support/s3-double-auth.ts";
import { ask, getJson, RunningExample } from "./run-example.ts";

test.skipIf(postgresMissing !== undefined)(
  `02-postgres-s3 imports in one process and serves in another ${postgresMissing ?? ""}`,
  async () => {
    const { url: database, schema, drop } = await newSchema();
    onTestFinished(drop);
    const s3 = await startS3Double();
    onTestFinished(() => s3.close());
    const env = {
      DATABASE_URL: database,
      DATABASE_SCHEMA: schema,
      S3_BUCKET: "specstar-test",
      S3_ENDPOINT: s3.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ATLAS_LIMIT: "200",
    };
    const first = new RunningExample("02-postgres-s3", env);
    await first.printed(/Ctrl-C stops/);
    const second = new RunningExample("02-postgres-s3", env, ["--serve"]);
    await second.printed(/Ctrl-C stops/);
    expect(second.output).not.toContain("cities:");
    const [one, other] = [await first.url(), await second.url()];
    expect(await getJson(`${other}/cities/count`)).toEqual({ count: 200 });

    const changed = await ask(
      one,
      `mutation { patchCountry(id: "country_FRA", merge: { area: 1 }) { ... on PatchCountrySuccess { country { meta { version } } } } }`,
    );
    expect(changed).toMatchObject({ patchCountry: { country: { meta: { version: 2 } } } });
    expect(await getJson(`${other}/countries/country_FRA`)).toMatchObject({ data: { area: 1 }, meta: { version: 2 } });
    expect([await first.end("SIGTERM"), await second.end("SIGINT")]).toEqual([0, 0]);
  },
  90_000,
);

test("02-postgres-s3 says what it needs", async () => {
  const example = new RunningExample("02-postgres-s3", { DATABASE_URL: "", S3_BUCKET: "" });
  expect(await example.exit()).toBe(1);
  expect(example.errors).toMatch(/^Set (S3_BUCKET|DATABASE_URL), as the head of .* shows\n$/);
});
