import { createContext } from "../../schema/context.ts";
import type { Actor } from "../../src/index.ts";
import { createGraphQLServer, type GraphQLServerOptions } from "../../src/server/graphql.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

/** The same server twice: as it is, and with everything sent through Yoga. */
export async function servers(options: Partial<GraphQLServerOptions> = {}) {
  const platform = await openPlatform([Author, Article]);
  await platform.resource(Author).create({ name: "Ada" });
  const logged: unknown[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void logged.push(fields) };
  const [author, article] = [platform.resource(Author), platform.resource(Article)];
  const managers = { author, article };
  const context = createContext({
    blobUrl: (id) => `/blobs/${id}`,
    // Both are managers of some spec; the names come from the schema of these two.
    manager: (name) => {
      const manager = Object.values(managers).find(({ spec }) => spec.name === name);
      return Object.assign(Object.create(manager ?? null), {
        getMany: async (ids: readonly string[]) => {
          if (ids.includes("author_slow")) return new Promise(() => {});
          if (ids.includes("author_boom")) throw new TypeError("SELECT secret FROM /etc/passwd");
          return manager?.getMany(ids);
        },
        search: (args: never) => manager?.search(args),
        get: (id: string) => manager?.get(id),
        perform: (operation: never) => manager?.perform(operation),
      });
    },
    transact: platform.transact,
    feed: platform.feed,
    blobs: platform.blobs,
  });
  const server = (lean: boolean) =>
    createGraphQLServer({ schema: platform.schema, path: "/graphql", limits: {}, context, log, ...options, lean });
  return { lean: server(true), yoga: server(false), logged };
}

const actor: Actor = { id: "tester", roles: [], claims: {} };

export async function answerOf(server: ReturnType<typeof createGraphQLServer>, request: Request) {
  const answer = await server.fetch(request, { requestId: "request-1", actor });
  if ("text" in answer)
    return {
      status: answer.status,
      type: answer.headers.get("content-type"),
      allow: answer.headers.get("allow"),
      cache: answer.headers.get("cache-control"),
      body: JSON.parse(await answer.text()),
    };
  const { status, headers, body } = answer;
  return {
    status,
    type: headers["content-type"] ?? null,
    allow: headers.allow ?? null,
    cache: headers["cache-control"] ?? null,
    body: JSON.parse(body ?? "null"),
  };
}
