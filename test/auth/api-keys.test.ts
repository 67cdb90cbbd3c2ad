import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ApiKey, type ApiKeysOptions, apiKeys } from "../../plugins/api-keys.ts";
import { jwt } from "../../plugins/jwt.ts";
import { authenticate } from "../../src/index.ts";
import { clientOf, expectProblem } from "../rest/client.ts";
import { specs } from "../support/articles.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";
import { askAll, bearer, fromAll, openAuthDoors } from "./doors.ts";
import { secret, signedBySecret } from "./tokens.ts";

const robot = { name: "nightly", owner: "robot", roles: ["writer"] };

async function withKeys(options: ApiKeysOptions = {}) {
  const keys = apiKeys(options);
  const opened = await openAuthDoors(authenticate([keys]), [keys.resource]);
  return { ...opened, keys };
}

/** A platform with keys, asked without a port. */
async function asked(options: ApiKeysOptions = {}) {
  const keys = apiKeys(options);
  const storage = await openStorage();
  const platform = await openPlatform([...specs, keys.resource], { actor: authenticate([keys]), storage });
  const position = async () => (await storage.state()).head;
  return { keys, platform, ask: clientOf(platform.fetch), position };
}

describe("a key", () => {
  test("is its owner on every door, in either header", async () => {
    const { platform, doors, keys } = await withKeys();
    const { id, key } = await keys.issue(platform, robot);
    const actor = { id: "robot", roles: ["writer"], claims: { apiKey: id } };
    for (const headers of [{ "x-api-key": key }, bearer(key)]) expect(await askAll(doors, headers)).toEqual(fromAll(doors, actor));
  });

  test("is kept as a hash of 256 random bits, and shown once", async () => {
    const { platform, keys } = await asked({ prefix: "acme", authorize: async () => true });
    const { id, key } = await keys.issue(platform, { ...robot, by: "ada" });
    const [, part, random = ""] = /^acme_([0-9a-z]{26})_(.{43})$/.exec(key) ?? [];
    expect(id).toBe(`api_key_${part}`);
    expect(Buffer.from(random, "base64url").length).toBe(32);
    const kept = await platform.resource(ApiKey).get(id);
    expect(kept.data.hash).toBe(createHash("sha256").update(random).digest("hex"));
    expect(kept.json).not.toContain(random);
    expect(kept.meta.createdBy).toBe("ada");
  });

  test("another secret, another key's secret, and what is no key are refused on every door", async () => {
    const { platform, doors, keys } = await withKeys();
    const one = await keys.issue(platform, robot);
    const two = await keys.issue(platform, robot);
    const partOf = ({ key }: { key: string }) => key.slice(0, 30);
    const secretOf = ({ key }: { key: string }) => key.slice(30);
    const last = one.key.endsWith("A") ? "E" : "A";
    for (const wrong of [
      partOf(one) + secretOf(two),
      one.key.slice(0, -1) + last,
      one.key.slice(0, -1),
      `${one.key}A`,
      `sk_${"0".repeat(26)}_${secretOf(one)}`,
      one.key.toUpperCase(),
      "sk_",
      `sk_../${"0".repeat(23)}_${secretOf(one)}`,
    ]) {
      expect(await askAll(doors, { "x-api-key": wrong }), wrong).toEqual(fromAll(doors, "UNAUTHENTICATED"));
      expect(await askAll(doors, bearer(wrong)), wrong).toEqual(fromAll(doors, "UNAUTHENTICATED"));
    }
    // A key that ends in other bits of no meaning is another text.
    expect(await doors[0]?.ask({ "x-api-key": one.key })).toMatchObject({ id: "robot" });
  });

  test.each(["revoked", "deleted", "purged", "expired"])("that was %s counts no more from the next request on", async (how) => {
    const { platform, doors, keys } = await withKeys({ authorize: async () => true });
    const ends = how === "expired" ? { expiresAt: new Date(Date.now() - 1) } : {};
    const { id, key } = await keys.issue(platform, { ...robot, ...ends });
    if (how !== "expired") expect(await doors[0]?.ask(bearer(key))).toMatchObject({ id: "robot" });
    const rows = platform.resource(ApiKey);
    if (how === "revoked") await keys.revoke(platform, id);
    if (how === "deleted") await rows.delete(id);
    if (how === "purged") await rows.purge(id);
    expect(await askAll(doors, bearer(key))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  });

  test("and a token at once are refused, whichever of them is good", async () => {
    const keys = apiKeys();
    const { platform, doors } = await openAuthDoors(authenticate([jwt({ secret }), keys]), [keys.resource]);
    const { key } = await keys.issue(platform, robot);
    const token = await signedBySecret();
    for (const headers of [
      { ...bearer(token), "x-api-key": key },
      { ...bearer("a.b.c"), "x-api-key": key },
      { ...bearer(key), "x-api-key": key },
      { authorization: "Basic YTpi", "x-api-key": key },
    ])
      expect(await askAll(doors, headers)).toEqual(fromAll(doors, "UNAUTHENTICATED"));
    expect(await askAll(doors, bearer(key))).toEqual(fromAll(doors, expect.objectContaining({ id: "robot" })));
    expect(await askAll(doors, bearer(token))).toEqual(fromAll(doors, expect.objectContaining({ id: "ada" })));
  });
});

describe("the resource of keys", () => {
  test("is nobody's on every route, although the platform allows everything, and no key is made by itself", async () => {
    const { platform, keys, ask, position } = await asked();
    const { id, key } = await keys.issue(platform, robot);
    const before = await position();
    const data = { ...robot, hash: "0".repeat(64) };
    for (const headers of [{}, { "x-api-key": key }]) {
      for (const [method, path, body] of [
        ["GET", "/api-keys", undefined],
        ["POST", "/api-keys", data],
        ["GET", `/api-keys/${id}`, undefined],
        ["PUT", `/api-keys/${id}`, data],
        ["PATCH", `/api-keys/${id}`, { roles: ["admin"] }],
        ["DELETE", `/api-keys/${id}`, undefined],
        ["GET", `/api-keys/${id}/revisions`, undefined],
        ["GET", "/api-keys/changes", undefined],
        ["GET", "/api-keys/count", undefined],
      ] as const) {
        const type = method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {};
        expectProblem(await ask(method, path, { headers: { ...headers, ...type }, ...(body ? { body } : {}) }), 403, "FORBIDDEN");
      }
      expectProblem(await ask("POST", "/transact", { headers, body: [{ op: "create", type: "apiKey", data }] }), 403, "FORBIDDEN");
      const { cursor } = (await ask("GET", "/changes", { headers })).body;
      await keys.issue(platform, robot);
      const others = await ask("GET", `/changes?after=${cursor}`, { headers });
      expect(others.body.items).toEqual([]);
      const query = 'mutation { createApiKey(data: { name: "a", owner: "root", hash: "00" }) { ... on Error { code } } }';
      expect((await ask("POST", "/graphql", { headers, body: { query } })).text).toContain("FORBIDDEN");
    }
    // Those that the program made itself.
    expect(await position()).toBe(before + 2);
    expect((await ask("GET", "/articles", { headers: { "x-api-key": key } })).status).toBe(200);
  });

  test("nobody is let in by the name of who keeps them", async () => {
    const keys = apiKeys();
    const actor = () => ({ id: "api-keys", roles: [], claims: {} });
    const platform = await openPlatform([...specs, keys.resource], { actor: authenticate([{ name: "x", claim: () => undefined }, keys]) });
    await expect(platform.resource(ApiKey).as(actor()).search({})).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("is those actors' whom its own authorize names, within its filter", async () => {
    const { platform, keys, ask } = await asked({
      authorize: async ({ actor, operation }) =>
        (operation === "search" || operation === "delete") && { where: { owner: { eq: actor.id } } },
    });
    const mine = await keys.issue(platform, robot);
    const other = await keys.issue(platform, { ...robot, owner: "ada" });
    const headers = { "x-api-key": mine.key };
    const page = await ask("GET", "/api-keys", { headers });
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
    expectProblem(await ask("DELETE", `/api-keys/${other.id}`, { headers }), 404, "NOT_FOUND");
    expectProblem(await ask("GET", `/api-keys/${mine.id}`, { headers }), 403, "FORBIDDEN");
    expect((await ask("DELETE", `/api-keys/${mine.id}`, { headers })).status).toBe(204);
    expectProblem(await ask("GET", "/api-keys", { headers }), 401, "UNAUTHENTICATED");
  });

  test("has to be among the resources", async () => {
    await expect(openPlatform(specs, { actor: authenticate([apiKeys()]) })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      details: { resource: "apiKey" },
    });
  });
});

test("a store that cannot be read lets nobody in", async () => {
  const { platform, doors, keys } = await withKeys();
  const { key } = await keys.issue(platform, robot);
  const [rest] = doors;
  expect(await rest?.ask(bearer(key))).toMatchObject({ id: "robot" });
  const response = platform.fetch;
  await platform.close();
  const answer = await response(new Request("http://door/articles", { headers: bearer(key) }));
  expect([answer.status, (await answer.json()).code]).toEqual([503, "UNAVAILABLE"]);
});
