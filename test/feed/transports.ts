import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import WebSocket from "ws";
import { Inbox } from "./inbox.ts";

/** An event, whatever it came by. */
export interface Heard {
  readonly cursor: string;
  /** In lower case. */
  readonly kind: string;
  readonly id: string | null;
  readonly version: number | null;
  readonly at: string | null;
}

export interface SubscriptionArgs {
  /** All resources instead of articles. */
  readonly all?: boolean;
  /** Over GraphQL: with the article's body, so that few events are many bytes. */
  readonly heavy?: boolean;
  readonly id?: string | undefined;
  readonly where?: object | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly after?: string | undefined;
}

export interface Subscription {
  /** Undefined at the end; rejects with Refused. */
  next(): Promise<Heard | undefined>;
  close(): void;
  /** Stops reading from the socket, and goes on. */
  stall(): void;
  resume(): void;
}

/** An error as a client sees it. */
export class Refused extends Error {
  readonly code: string;
  readonly reason: string | undefined;

  constructor(code: string, reason?: string) {
    super(code);
    this.code = code;
    this.reason = reason;
  }
}

export type Transport = (url: string, args: SubscriptionArgs) => Promise<Subscription>;

const fields = "cursor kind resourceId version at";

const operation = ({ all = false, heavy = false, id, where, kinds, after }: SubscriptionArgs) =>
  all
    ? { query: `subscription ($after: String) { resourceChanged(after: $after) { ${fields} } }`, variables: { after } }
    : {
        query: `subscription ($id: ID, $where: ArticleEventWhere, $kinds: [ChangeKind!], $after: String) { articleChanged(id: $id, where: $where, kinds: $kinds, after: $after) { ${fields}${heavy ? " article { body }" : ""} } }`,
        variables: { id, where, kinds: kinds?.map((kind) => kind.toUpperCase()), after },
      };

/** An entry of a GraphQL answer as an event; its errors are thrown. */
function heardIn(payload: unknown): Heard {
  const { data, errors } = Object(payload);
  const [error] = errors ?? [];
  if (error) throw new Refused(error.extensions.code, error.extensions.reason);
  const { kind, resourceId: id, cursor, version, at } = data.articleChanged ?? data.resourceChanged;
  return { cursor, kind: kind.toLowerCase(), id, version, at };
}

/** Puts what `read` makes of something into the inbox; what it throws ends it. */
function take(inbox: Inbox<Heard>, read: () => Heard): void {
  try {
    inbox.push(read());
  } catch (reason) {
    inbox.end(reason);
  }
}

const overWebSocket: Transport = async (url, args) => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const inbox = new Inbox<Heard>();
  socket.on("error", () => inbox.end());
  socket.on("close", () => inbox.end());
  socket.on("open", () => socket.send(JSON.stringify({ type: "connection_init" })));
  socket.on("message", (data) => {
    const { type, payload } = JSON.parse(String(data));
    if (type === "connection_ack") socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: operation(args) }));
    else if (type === "next") take(inbox, () => heardIn(payload));
    else if (type === "error") take(inbox, () => heardIn({ errors: payload }));
    else if (type === "complete") inbox.end();
  });
  return {
    next: () => inbox.next(),
    close: () => socket.terminate(),
    stall: () => socket.pause(),
    resume: () => socket.resume(),
  };
};

/** Blocks of a stream of server-sent events: `event` and `data` of each. Comments are left out. */
function readBlocks(response: IncomingMessage, hear: (event: string, data: string) => void): void {
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = /^event: ?(.*)$/m.exec(block)?.[1];
      if (event !== undefined) hear(event, /^data: ?(.*)$/m.exec(block)?.[1] ?? "");
    }
  });
}

async function stream(asked: ClientRequest, hear: (inbox: Inbox<Heard>, event: string, data: string) => void): Promise<Subscription> {
  const inbox = new Inbox<Heard>();
  let response: IncomingMessage | undefined;
  asked.on("error", () => inbox.end());
  asked.on("response", async (answered) => {
    response = answered;
    answered.on("error", () => inbox.end());
    if (answered.headers["content-type"] === "text/event-stream") {
      answered.on("close", () => inbox.end());
      return readBlocks(answered, (event, data) => hear(inbox, event, data));
    }
    let text = "";
    for await (const chunk of answered.setEncoding("utf8")) text += chunk;
    const { code, reason } = JSON.parse(text);
    inbox.end(new Refused(code, reason));
  });
  return {
    next: () => inbox.next(),
    close: () => asked.destroy(),
    stall: () => response?.pause(),
    resume: () => response?.resume(),
  };
}

const overGraphQLEvents: Transport = (url, args) => {
  const headers = { accept: "text/event-stream", "content-type": "application/json" };
  const asked = request(`${url}/graphql`, { method: "POST", headers, agent: false });
  asked.end(JSON.stringify(operation(args)));
  return stream(asked, (inbox, event, data) => (event === "next" ? take(inbox, () => heardIn(JSON.parse(data))) : inbox.end()));
};

function changesUrl(url: string, { all = false, id, where, kinds, after }: SubscriptionArgs, more: Record<string, string> = {}): string {
  const params = new URLSearchParams(more);
  for (const [name, value] of Object.entries({ id, where: where && JSON.stringify(where), kinds: kinds?.join(","), after }))
    if (value !== undefined) params.set(name, value);
  return `${url}${all ? "" : "/articles"}/changes?${params}`;
}

const overRestEvents: Transport = (url, args) => {
  const { after, ...scope } = args;
  const headers = { accept: "text/event-stream", ...(after === undefined ? {} : { "last-event-id": after }) };
  const asked = request(changesUrl(url, scope), { headers, agent: false });
  asked.end();
  return stream(asked, (inbox, event, data) =>
    take(inbox, () => {
      const told = JSON.parse(data);
      if (event === "error") throw new Refused(told.code, told.reason);
      return told;
    }),
  );
};

/** One poll. */
export async function poll(url: string, args: SubscriptionArgs, more: Record<string, string> = {}) {
  const response = await fetch(changesUrl(url, args, more));
  const body = Object(await response.json());
  if (!response.ok) throw new Refused(body.code, body.reason);
  const items: readonly Heard[] = body.items;
  return { items, cursor: String(body.cursor), hasMore: body.hasMore === true };
}

/** Polling as if it were a stream: what it answers first stands for READY. */
const byPolling: Transport = async (url, args) => {
  const inbox = new Inbox<Heard>();
  let [open, held] = [true, Promise.resolve()];
  let go = () => {};
  const ask = async () => {
    let page = await poll(url, args);
    inbox.push({ cursor: args.after ?? page.cursor, kind: "ready", id: null, version: null, at: null });
    while (open) {
      for (const item of page.items) inbox.push(item);
      await held;
      page = await poll(url, { ...args, after: page.cursor }, { wait: "5", limit: "200" });
    }
  };
  ask().then(
    () => inbox.end(),
    (reason: unknown) => inbox.end(reason instanceof Refused ? reason : undefined),
  );
  return {
    next: () => inbox.next(),
    close: () => {
      open = false;
      inbox.end();
    },
    stall: () => {
      held = new Promise((resolve) => (go = resolve));
    },
    resume: () => go(),
  };
};

export const transports = {
  "GraphQL over WebSocket": overWebSocket,
  "GraphQL over SSE": overGraphQLEvents,
  "REST over SSE": overRestEvents,
  "REST by polling": byPolling,
} satisfies Record<string, Transport>;

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends JSON; answers status and body. */
export async function send(method: string, url: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const asked = request(url, { method, agent, headers: { "content-type": type } });
  asked.end(JSON.stringify(body));
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: text === "" ? undefined : JSON.parse(text) };
}
