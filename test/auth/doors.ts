import { once } from "node:events";
import type { Actor, ActorOption, Platform, ResourceSpec } from "../../src/index.ts";
import { specs } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { openPlatform } from "../support/open-platform.ts";
import { openSocket } from "../support/socket.ts";

/** A way to ask with credentials: answers the actor that it ran for, or the code of the refusal. */
export interface AuthDoor {
  readonly name: string;
  readonly ask: (headers: Record<string, string>) => Promise<Actor | string>;
}

const codesOfClose: Record<number, string> = { 4401: "UNAUTHENTICATED", 4403: "UNAUTHENTICATED", 1013: "UNAVAILABLE" };
const json = { "content-type": "application/json" };

/** A platform that listens, and all its doors with who came in by each. */
export async function openAuthDoors<const Specs extends readonly ResourceSpec[]>(actor: ActorOption, more: Specs, host = "127.0.0.1") {
  let last: Actor | undefined;
  const authorize = async (request: { readonly actor: Actor }) => {
    last = request.actor;
    return true;
  };
  const platform: Platform = await openPlatform([...specs, ...more], { actor, authorize });
  const { port } = await platform.listen({ port: 0, host });
  const url = `http://127.0.0.1:${port}`;

  /** Who it was, where nothing was refused. */
  async function told(response: Response): Promise<Actor | string> {
    if (!response.ok) return ((await response.json()) as Json).code;
    await response.body?.cancel();
    return last ?? "nobody";
  }
  async function overSocket(headers: Record<string, string>, payload?: unknown): Promise<Actor | string> {
    const { socket, closed, next, send } = openSocket(`${url.replace("http", "ws")}/graphql`, headers);
    const [how, response] = await Promise.race([
      once(socket, "open").then(() => ["open"] as const),
      once(socket, "unexpected-response").then((args) => ["refused", args[1]] as const),
    ]);
    if (how === "refused") {
      let text = "";
      for await (const chunk of response) text += chunk;
      return JSON.parse(text).code;
    }
    send({ type: "connection_init", ...(payload === undefined ? {} : { payload }) });
    const first = await Promise.race([next(), closed]);
    if ("code" in first) return codesOfClose[first.code] ?? String(first.code);
    send({ id: "1", type: "subscribe", payload: { query: "{ articleCount }" } });
    await next();
    socket.close();
    return last ?? "nobody";
  }
  const post = (query: string, headers: Record<string, string>) =>
    fetch(`${url}/graphql`, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify({ query }) });

  const doors: readonly AuthDoor[] = [
    { name: "REST", ask: async (headers) => told(await fetch(`${url}/articles`, { headers })) },
    { name: "GraphQL", ask: async (headers) => told(await post("{ articleCount }", headers)) },
    {
      name: "SSE of REST",
      ask: async (headers) => told(await fetch(`${url}/articles/changes`, { headers: { ...headers, accept: "text/event-stream" } })),
    },
    {
      name: "SSE of GraphQL",
      ask: async (headers) => told(await post("subscription { articleChanged { kind } }", { ...headers, accept: "text/event-stream" })),
    },
    { name: "the upgrade of a WebSocket", ask: async (headers) => overSocket(headers) },
    { name: "connection_init", ask: async (headers) => overSocket({}, headers) },
    { name: "headers in connection_init", ask: async (headers) => overSocket({}, { headers }) },
  ];
  return { platform, url, doors, overSocket };
}

/** What each door said. */
export async function askAll(doors: readonly AuthDoor[], headers: Record<string, string>): Promise<Record<string, Actor | string>> {
  const said: Record<string, Actor | string> = {};
  for (const { name, ask } of doors) said[name] = await ask(headers);
  return said;
}

/** The same from each of them. */
export const fromAll = <T>(doors: readonly AuthDoor[], expected: T): Record<string, T> =>
  Object.fromEntries(doors.map(({ name }) => [name, expected]));

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
