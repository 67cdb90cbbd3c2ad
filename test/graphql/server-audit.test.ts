import { serverAudits } from "graphql-http";
import { describe, expect, onTestFinished, test } from "vitest";
import { fail } from "../../src/errors.ts";
import { anonymous } from "../../src/manager/actor.ts";
import { createFetch } from "../../src/server/fetch.ts";
import { Identification } from "../../src/server/identify.ts";
import { openLog } from "../../src/server/log.ts";
import { listen } from "../../src/server/node.ts";
import { Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { servers } from "./both-ways.ts";

/** A listening platform. */
async function platformUrl(): Promise<string> {
  const platform = await openPlatform([Author]);
  return (await platform.listen({ port: 0 })).url;
}

/** The same front door over a GraphQL server that sends everything through Yoga. */
async function yogaUrl(): Promise<string> {
  const { yoga: graphql } = await servers();
  const log = openLog(Date.now, false);
  const rest = () => {
    throw fail("NOT_FOUND", "There is only GraphQL here");
  };
  const managerOf = () => {
    throw fail("NOT_FOUND", "There is only GraphQL here");
  };
  const door = createFetch({
    identification: new Identification(() => anonymous, { now: Date.now, managerOf }, log),
    rest,
    graphql,
    log,
    requestId: () => "1",
    ready: async () => [],
    index: {},
    basePath: "",
  });
  const server = await listen({ door, graphql, log }, { port: 0 });
  onTestFinished(() => server.close());
  return server.url;
}

describe.each([
  ["the lean path", platformUrl],
  ["Yoga", yogaUrl],
])("GraphQL over HTTP by %s", (_way, open) => {
  test("passes every audit of graphql-http", async () => {
    const url = `${await open()}/graphql`;
    const results = await Promise.all(serverAudits({ url, fetchFn: fetch }).map((audit) => audit.fn()));
    const failed = results.flatMap((result) =>
      result.status === "ok" ? [] : [`${result.status} ${result.id} ${result.name}: ${result.reason}`],
    );
    expect(failed).toEqual([]);
    expect(results.length).toBeGreaterThan(60);
  });
});
