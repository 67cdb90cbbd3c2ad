import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import WebSocket from "ws";

/** An event as far as it is looked at. */
export interface Heard {
  /** Instant of the change, in milliseconds. */
  readonly at: number;
}

export interface Subscriber {
  close(): void;
}

/** Resolves when all its subscriptions have said READY. */
export type Subscribe = (port: number, actor: string, query: string, hear: (event: Heard) => void) => Promise<Subscriber>;

const ready = '"kind":"READY"';
const instant = /"at":"([^"]+)"/;
const bookmark = '"kind":"BOOKMARK"';

/** Hears what one text says; true for READY. It is not parsed: on two cores the server is what is measured. */
function take(text: string, hear: (event: Heard) => void): boolean {
  if (text.includes(ready)) return true;
  const at = instant.exec(text)?.[1];
  if (at !== undefined) hear({ at: Date.parse(at) });
  else if (!text.includes(bookmark)) throw new Error(`Not an event: ${text.slice(0, 500)}`);
  return false;
}

/** Subscriptions over a WebSocket. */
export class SocketSubscriber implements Subscriber {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(port: number, actor: string, query: string, hear: (event: Heard) => void, count = 1): Promise<SocketSubscriber> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws", { headers: { "x-actor": actor } });
    await once(socket, "open");
    let missing = count;
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("The server closed a WebSocket")));
      socket.on("message", (data) => {
        const text = String(data);
        if (text.includes('"type":"connection_ack"')) {
          for (let n = 0; n < count; n++) socket.send(JSON.stringify({ id: String(n), type: "subscribe", payload: { query } }));
        } else if (take(text, hear)) {
          missing -= 1;
          if (missing === 0) resolve();
        }
      });
      socket.send(JSON.stringify({ type: "connection_init" }));
    });
    return new SocketSubscriber(socket);
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** A subscription as server-sent events. */
export class EventStreamSubscriber implements Subscriber {
  readonly #asked: ClientRequest;

  private constructor(asked: ClientRequest) {
    this.#asked = asked;
  }

  static async open(port: number, actor: string, query: string, hear: (event: Heard) => void): Promise<EventStreamSubscriber> {
    const headers = { accept: "text/event-stream", "content-type": "application/json", "x-actor": actor };
    const asked = request({ port, host: "127.0.0.1", method: "POST", path: "/graphql", headers, agent: false });
    asked.end(JSON.stringify({ query }));
    const [response] = await once(asked, "response");
    asked.on("error", () => {});
    response.on("error", () => {});
    let rest = "";
    await new Promise<void>((resolve) => {
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) if (block.startsWith("event: next") && take(block, hear)) resolve();
      });
    });
    return new EventStreamSubscriber(asked);
  }

  close(): void {
    this.#asked.destroy();
  }
}
