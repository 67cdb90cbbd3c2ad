import { describe, expect, onTestFinished, test } from "vitest";
import { ApiKey, apiKeys } from "../../plugins/api-keys.ts";
import { authenticate } from "../../src/index.ts";
import { postgresStorage } from "../../src/postgres.ts";
import { clientOf } from "../rest/client.ts";
import { specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { newSchema, postgresMissing } from "../support/postgres-database.ts";
import { bearer } from "./doors.ts";

describe.skipIf(postgresMissing !== undefined)(`keys that several platforms share ${postgresMissing ?? ""}`, () => {
  test("count on all of them, and on none from the request on that follows their revocation", async () => {
    const { url, schema, drop } = await newSchema();
    onTestFinished(drop);
    const open = async () => {
      const keys = apiKeys();
      const storage = postgresStorage({ url, schema, revisions: "sql", pool: 2 });
      const platform = await openPlatform([...specs, ApiKey], { storage, actor: authenticate([keys], { required: true }) });
      return { keys, platform, ask: clientOf(platform.fetch) };
    };
    const one = await open();
    const two = await open();
    const { id, key } = await one.keys.issue(one.platform, { name: "a", owner: "robot" });
    for (const { ask } of [one, two]) {
      expect((await ask("GET", "/articles", { headers: bearer(key) })).status).toBe(200);
      expect((await ask("GET", "/articles")).status).toBe(401);
    }
    await one.keys.revoke(one.platform, id);
    for (const { ask } of [two, one]) expect((await ask("GET", "/articles", { headers: bearer(key) })).status).toBe(401);
  });
});
