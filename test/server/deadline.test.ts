import { createClient } from "graphql-ws";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { ask } from "../graphql/ask.ts";
import { Author } from "../support/articles.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";

/** A platform whose searches take until `release` is called. */
async function held() {
  const storage = await openStorage();
  const search = storage.search.bind(storage);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  storage.search = async (type, query) => {
    await released;
    return search(type, query);
  };
  return { platform: await openPlatform([Author], { storage, deadlineMs: 20 }), release };
}

test("a read that takes longer than its deadline is TIMEOUT, on every door", async () => {
  const { platform, release } = await held();
  const query = "{ authors { totalCount } }";
  expect(await ask(platform, query)).toMatchObject({ status: 504, data: undefined, errors: [{ extensions: { code: "TIMEOUT" } }] });
  for (const request of [
    new Request("http://localhost/authors"),
    new Request("http://localhost/authors/search", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
  ]) {
    const answer = await platform.fetch(request);
    expect([answer.status, await answer.json()]).toMatchObject([504, { code: "TIMEOUT" }]);
  }
  const { url } = await platform.listen({ port: 0 });
  const client = createClient({ url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => void client.dispose());
  expect((await client.iterate({ query }).next()).value).toMatchObject({ errors: [{ extensions: { code: "TIMEOUT" } }] });
  release();
  expect((await ask(platform, query)).data).toEqual({ authors: { totalCount: 0 } });
});

test("a write and a poll for changes are answered when there is an answer", async () => {
  const storage = await openStorage();
  const commit = storage.commit.bind(storage);
  storage.commit = async (units) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return commit(units);
  };
  const platform = await openPlatform([Author], { storage, deadlineMs: 20 });
  const create = `mutation { createAuthor(data: { name: "x" }) { __typename } }`;
  expect(await ask(platform, create)).toMatchObject({ status: 200, data: { createAuthor: { __typename: "CreateAuthorSuccess" } } });
  const { cursor } = await (await platform.fetch(new Request("http://localhost/authors/changes"))).json();
  const poll = platform.fetch(new Request(`http://localhost/authors/changes?wait=5&after=${cursor}`));
  await platform.resource(Author).create({ name: "y" });
  expect((await (await poll).json()).items).toHaveLength(1);
});
