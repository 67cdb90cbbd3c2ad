import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Json } from "./json.ts";

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: Json;
}

/** A socket whose messages are read one after the other. */
export function openSocket(url: string, headers: Record<string, string> = {}, protocol = "graphql-transport-ws") {
  const socket = new WebSocket(url, protocol, { headers });
  onTestFinished(() => socket.terminate());
  const waiting: Message[] = [];
  let wake = () => {};
  socket.on("message", (data) => {
    waiting.push(JSON.parse(String(data)));
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
  );
  const next = async (): Promise<Message> => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return waiting.shift() as Message;
  };
  const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { socket, closed, next, send };
}

/** The status and body with which an upgrade is refused. */
export async function refusedUpgrade(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const socket = new WebSocket(url, "graphql-transport-ws", { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return [response.statusCode, JSON.parse(text).code];
}
