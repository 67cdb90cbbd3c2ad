import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ApiKey, apiKeys } from "../../plugins/api-keys.ts";
import { jwt } from "../../plugins/jwt.ts";
import { createClient } from "../../src/client.ts";
import { type ActorOption, authenticate, type Scheme, SpecStarError } from "../../src/index.ts";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { openSocket, refusedUpgrade } from "../support/socket.ts";
import { bearer } from "./doors.ts";
import { secret, signedBySecret } from "./tokens.ts";

async function serve(actor: ActorOption) {
  const keyed = [...specs, ApiKey] as const;
  const platform = await openPlatform(keyed, { actor });
  const { url } = await platform.listen({ port: 0 });
  return { platform, url, socketUrl: `${url.replace("http", "ws")}/graphql` };
}

const subscription = { query: "subscription { articleChanged { kind } }" };
type Headers = Record<string, string>;

/** All that a stream of events says until it ends. */
const ways: Record<string, (url: string, headers: Headers) => Promise<{ status: number; rest: () => Promise<string> }>> = {
  REST: async (url, headers) => read(await fetch(`${url}/articles/changes`, { headers: { ...headers, accept: "text/event-stream" } })),
  GraphQL: async (url, headers) =>
    read(
      await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { ...headers, accept: "text/event-stream", "content-type": "application/json" },
        body: JSON.stringify(subscription),
      }),
    ),
};
const read = (response: Response) => ({ status: response.status, rest: () => response.text() });

async function subscribed(url: string, headers: Headers, payload?: object) {
  const client = openSocket(url, headers);
  await once(client.socket, "open");
  client.send({ type: "connection_init", ...(payload ? { payload } : {}) });
  expect(await client.next()).toEqual({ type: "connection_ack" });
  client.send({ id: "s", type: "subscribe", payload: subscription });
  expect(await client.next()).toMatchObject({ type: "next" });
  return client;
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const byToken = authenticate([jwt({ secret })]);
const last = {
  REST: /event: error\ndata: \{[^\n]*"code":"UNAUTHENTICATED"[^\n]*\}\n\n$/,
  GraphQL: /UNAUTHENTICATED[\s\S]*event: complete/,
};

describe("a token that expires ends", () => {
  test.each(["REST", "GraphQL"] as const)("a stream of events over %s, with the reason as its last event", async (way) => {
    const { url } = await serve(byToken);
    const stream = await ways[way]?.(url, bearer(await signedBySecret({}, { expires: inSeconds(2) })));
    expect(stream?.status).toBe(200);
    expect(await stream?.rest()).toMatch(last[way]);
  });

  test.each(["the upgrade", "connection_init"])("a WebSocket that was opened by %s, with a code to come again after", async (how) => {
    const { socketUrl } = await serve(byToken);
    const headers = bearer(await signedBySecret({}, { expires: inSeconds(2) }));
    const client = await (how === "the upgrade" ? subscribed(socketUrl, headers) : subscribed(socketUrl, {}, headers));
    expect(await client.closed).toEqual({ code: 4403, reason: expect.stringContaining("expired") });
  });

  test("a poll that waits", async () => {
    const { url } = await serve(byToken);
    const headers = bearer(await signedBySecret({}, { expires: inSeconds(2) }));
    const { cursor } = await (await fetch(`${url}/articles/changes`, { headers })).json();
    const late = await fetch(`${url}/articles/changes?wait=30&after=${cursor}`, { headers });
    expect([late.status, (await late.json()).items]).toEqual([200, []]);
    expect((await fetch(`${url}/articles/changes`, { headers })).status).toBe(401);
  });

  test("and no other: a stream without an end goes on", async () => {
    const { socketUrl, platform } = await serve(byToken);
    const short = await subscribed(socketUrl, bearer(await signedBySecret({}, { expires: inSeconds(2) })));
    const long = await subscribed(socketUrl, bearer(await signedBySecret()));
    const open = await subscribed(socketUrl, {});
    await short.closed;
    await platform.resource(Article).create({ title: "a" });
    for (const each of [long, open])
      expect(await each.next()).toMatchObject({ payload: { data: { articleChanged: { kind: "CREATED" } } } });
  });
});

describe("a key that is revoked, deleted or changed ends", () => {
  test.each(["revoked", "deleted", "given other roles"])("all its streams: %s", async (how) => {
    const keys = apiKeys({ authorize: async () => true });
    const { platform, url, socketUrl } = await serve(authenticate([keys]));
    const { id, key } = await keys.issue(platform, { name: "a", owner: "robot", roles: ["admin"] });
    const other = await keys.issue(platform, { name: "b", owner: "robot" });
    const streams = await Promise.all([ways.REST?.(url, bearer(key)), ways.GraphQL?.(url, bearer(key))]);
    const texts = streams.map((stream) => stream?.rest());
    const sockets = [await subscribed(socketUrl, bearer(key)), await subscribed(socketUrl, {}, { headers: { "X-Api-Key": key } })];
    const spared = await subscribed(socketUrl, bearer(other.key));
    if (how === "revoked") await keys.revoke(platform, id);
    else if (how === "deleted") await platform.resource(ApiKey).delete(id);
    else await platform.resource(ApiKey).patch(id, { merge: { roles: [] } });
    for (const text of texts) expect(await text).toContain("UNAUTHENTICATED");
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 4403, reason: "The credentials were revoked" });
    await platform.resource(Article).create({ title: "a" });
    expect(await spared.next()).toMatchObject({ type: "next" });
  });

  test("a socket for good, also where its client takes no notice", async () => {
    let asked = false;
    const stillCounts = async () => {
      asked = true;
      return false;
    };
    const scheme: Scheme = {
      name: "x",
      claim: () => ({ source: "x", identify: () => ({ actor: { id: "ada", roles: [], claims: {} }, stillCounts }) }),
    };
    const { platform, socketUrl } = await serve(authenticate([scheme]));
    const { socket, send } = await subscribed(socketUrl, {});
    socket.pause();
    while (!asked) await setTimeout(50);
    await setTimeout(100);
    for (let i = 0; i < 5; i++)
      send({ id: `m${i}`, type: "subscribe", payload: { query: 'mutation { createArticle(data: { title: "a" }) { __typename } }' } });
    await setTimeout(500);
    expect(await platform.resource(Article).count()).toBe(0);
  });

  test("and asks once for all of them", async () => {
    let asked = 0;
    const scheme: Scheme = {
      name: "x",
      claim: () => ({
        source: "x",
        identify: () => ({
          actor: { id: "ada", roles: [], claims: {} },
          credential: "the same",
          stillCounts: async () => ++asked < 3,
        }),
      }),
    };
    const { socketUrl } = await serve(authenticate([scheme]));
    const sockets = await Promise.all(Array.from({ length: 10 }, () => subscribed(socketUrl, {})));
    for (const { closed } of sockets) expect((await closed).code).toBe(4403);
    expect(asked).toBe(3);
  });
});

test.each([
  ["fails", () => Promise.reject(new SpecStarError("UNAVAILABLE", "The store is away"))],
  ["never answers", () => new Promise<boolean>(() => {})],
])("a question that %s ends the stream, so that clients come again", async (_what, stillCounts) => {
  const actor = { id: "ada", roles: [], claims: {} };
  const scheme: Scheme = { name: "x", claim: () => ({ source: "x", identify: () => ({ actor, stillCounts }) }) };
  const { url, socketUrl } = await serve(authenticate([scheme]));
  const stream = await ways.REST?.(url, {});
  const client = await subscribed(socketUrl, {});
  expect((await client.closed).code).toBe(1013);
  expect(await stream?.rest()).toContain('"code":"UNAVAILABLE"');
});

describe("who logs in by a message", () => {
  test("may say it in the upgrade too, if it is the same", async () => {
    const { socketUrl } = await serve(byToken);
    const token = await signedBySecret();
    await subscribed(socketUrl, bearer(token), bearer(token));
    const other = openSocket(socketUrl, bearer(token));
    await once(other.socket, "open");
    other.send({ type: "connection_init", payload: bearer(await signedBySecret({ sub: "root" })) });
    expect((await other.closed).code).toBe(4403);
  });

  test.each([
    ["a number", { authorization: 5 }],
    ["two tokens", { authorization: "Bearer a.b.c", headers: { Authorization: "Bearer d.e.f" } }],
    ["a list", { headers: { authorization: ["Bearer a.b.c"] } }],
    ["a token too many", { authorization: "Bearer a.b.c" }],
  ])("is refused with 4403 for %s, and stays who came with the upgrade at no time", async (_what, payload) => {
    const { socketUrl } = await serve(byToken);
    for (const headers of [{}, bearer(await signedBySecret())]) {
      const client = openSocket(socketUrl, headers);
      await once(client.socket, "open");
      client.send({ type: "connection_init", payload });
      client.send({ id: "s", type: "subscribe", payload: subscription });
      expect([4401, 4403]).toContain((await client.closed).code);
    }
  });

  test("is asked for credentials where they are required, and not before", async () => {
    const { socketUrl } = await serve(authenticate([jwt({ secret })], { required: true }));
    await subscribed(socketUrl, {}, bearer(await signedBySecret()));
    const client = openSocket(socketUrl);
    await once(client.socket, "open");
    client.send({ type: "connection_init" });
    expect(await client.closed).toEqual({ code: 4403, reason: "Credentials are needed here" });
  });

  test("is refused for two headers in the upgrade, of which Node itself would take the first", async () => {
    const { socketUrl } = await serve(byToken);
    const headers: object = { authorization: [`Bearer ${await signedBySecret()}`, `Bearer ${await signedBySecret({ sub: "root" })}`] };
    expect(await refusedUpgrade(socketUrl, { ...headers })).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("twice is closed with 4429", async () => {
    const { socketUrl } = await serve(byToken);
    const client = await subscribed(socketUrl, {});
    client.send({ type: "connection_init", payload: bearer(await signedBySecret()) });
    expect((await client.closed).code).toBe(4429);
  });
});

describe("the typed client", () => {
  test("asks for new headers when its token has expired, and goes on without gap or repeat", async () => {
    const { url, platform } = await serve(authenticate([jwt({ secret })], { required: true }));
    let asked = 0;
    const headers = async () => {
      asked += 1;
      return bearer(await signedBySecret({}, { expires: inSeconds(2) }));
    };
    const articles = platform.resource(Article);
    const heard: (string | null)[] = [];
    const pending: Promise<unknown>[] = [];
    // Asked once for where articles are, and then for each connection.
    for await (const { kind, id } of createClient<typeof specs>({ url, headers }).resource("article").changes()) {
      if (kind !== "ready") heard.push(id);
      if (asked >= 4 && heard.length >= 5) break;
      pending.push(setTimeout(300).then(() => articles.create({ title: "a" })));
    }
    await Promise.all(pending);
    // Ids are in the order of creation.
    const stored = (await articles.search({ orderBy: ["id"] })).items.map(({ id }) => id);
    expect(heard).toEqual(stored.slice(0, heard.length));
  });

  test("ends with UNAUTHENTICATED where it has no others", async () => {
    const { url } = await serve(byToken);
    const fixed = createClient<typeof specs>({ url, headers: bearer(await signedBySecret({}, { expires: inSeconds(3) })) });
    const token = bearer(await signedBySecret({}, { expires: inSeconds(3) }));
    const same = createClient<typeof specs>({ url, headers: () => token });
    const drain = async (client: typeof fixed) => {
      for await (const { kind } of client.resource("article").changes()) expect(kind).toBe("ready");
    };
    await Promise.all([fixed, same].map((client) => expect(drain(client)).rejects.toMatchObject({ code: "UNAUTHENTICATED" })));
  });
});
