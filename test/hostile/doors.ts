import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { specs } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";

/** What a door answered; `status` is that of HTTP, or the code with which a socket was closed. */
export interface Answered {
  readonly status: number | undefined;
  readonly body: Json;
}

/** A way by which a GraphQL request arrives. `body` is JSON text. */
export interface Door {
  readonly name: string;
  readonly ask: (body: string) => Promise<Answered>;
}

const headers = { "content-type": "application/json" };

/** A stream's first event that has data, or what stands in its place. */
async function answered(response: Response): Promise<Answered> {
  const { status } = response;
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return { status, body: JSON.parse(await response.text()) };
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/^data: ?\{.*$/m.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) return { status, body: text };
    text += value;
  }
  await reader?.cancel();
  return { status, body: JSON.parse(/^data: ?(\{.*)$/m.exec(text)?.[1] ?? "null") };
}

function search(body: string): URLSearchParams {
  if (body.includes('"extensions"')) {
    const { query, extensions }: Json = JSON.parse(body);
    return new URLSearchParams({ query, extensions: JSON.stringify(extensions) });
  }
  // Not parsed: some of it is deeper than what JSON.stringify can walk.
  const [, query = '""', , variables] = /^\{"query":("(?:[^"\\]|\\.)*")(,"variables":(.*))?\}$/s.exec(body) ?? [];
  return new URLSearchParams({ query: JSON.parse(query), ...(variables ? { variables } : {}) });
}

function overWebSocket(url: string): Door["ask"] {
  return async (body) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => socket.terminate());
    socket.on("open", () => socket.send('{"type":"connection_init"}'));
    return new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", (status, reason) => resolve({ status, body: { errors: [{ message: String(reason) }] } }));
      socket.on("message", (data) => {
        const { type, payload } = JSON.parse(String(data));
        if (type === "connection_ack") socket.send(`{"id":"1","type":"subscribe","payload":${body}}`);
        else resolve({ status: undefined, body: type === "error" ? { errors: payload } : payload });
      });
    });
  };
}

/** A platform that listens, its doors, and a look at whether anything was written. */
export async function openDoors(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const storage = await openStorage();
  const platform = await openPlatform(specs, { ...options, storage });
  const { url } = await platform.listen({ port: 0 });
  const fetchAt = (init: RequestInit, query = "") => platform.fetch(new Request(`http://localhost/graphql${query}`, init));
  const doors: readonly Door[] = [
    { name: "POST", ask: async (body) => answered(await fetchAt({ method: "POST", headers, body })) },
    { name: "GET", ask: async (body) => answered(await fetchAt({}, `?${search(body)}`)) },
    {
      name: "SSE",
      ask: async (body) => answered(await fetchAt({ method: "POST", headers: { ...headers, accept: "text/event-stream" }, body })),
    },
    { name: "WebSocket", ask: overWebSocket(url) },
  ];
  const position = async () => (await storage.state()).head;
  return { platform, url, doors, position };
}

export const bodyOf = ({ query, variables }: { readonly query: string; readonly variables?: string }): string =>
  `{"query":${JSON.stringify(query)}${variables === undefined ? "" : `,"variables":${variables}`}}`;
