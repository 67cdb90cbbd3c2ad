import { fail } from "../errors.ts";
import type { SubscribeArgs } from "../feed/feed-event.ts";
import { changeKinds } from "../storage/rows.ts";
import { EventText, failureText } from "./event-text.ts";
import { takesEvents } from "./media-type.ts";
import type { QueryParams } from "./query-params.ts";
import { type Reply, readReply, type StreamReply } from "./reply.ts";
import type { RootCall } from "./route-template.ts";

/** Changes as the client asks for them: a stream of events by `Accept: text/event-stream`, else a page. */
export function changesReply(call: RootCall, scope: Pick<SubscribeArgs, "types" | "id" | "where">): Promise<Reply | StreamReply> {
  const { query, request } = call;
  const args = { ...scope, kinds: kindsOf(query), after: query.text("after") };
  return takesEvents(request.headers.get("accept")) ? stream(call, args) : page(call, args);
}

async function page({ feed, actor, query, request, onLapse }: RootCall, args: SubscribeArgs): Promise<Reply> {
  const limit = query.integer("limit");
  const seconds = query.integer("wait");
  query.end();
  const waitMs = seconds === undefined ? undefined : seconds * 1000;
  const lapse = new AbortController();
  const stop = onLapse?.(() => lapse.abort());
  const signal = stop ? AbortSignal.any([request.signal, lapse.signal]) : request.signal;
  try {
    const reply = readReply(JSON.stringify(await feed.poll(actor, { ...args, limit, waitMs, signal })));
    reply.headers["cache-control"] = "no-store";
    return reply;
  } finally {
    stop?.();
  }
}

async function stream({ feed, actor, query, request, foreign }: RootCall, args: SubscribeArgs): Promise<StreamReply> {
  query.end();
  if (foreign) throw fail("FORBIDDEN", "Pages of other sites may not subscribe");
  // A browser that reconnects asks for the same URL again, and says in the header how far it has come.
  const after = request.headers.get("last-event-id") || args.after;
  const events = feed.subscribe(actor, { ...args, after });
  // READY comes first, so whatever refuses the subscription is still a problem with a status of its own.
  const first = await events.next();
  return {
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", vary: "Accept", "x-accel-buffering": "no" },
    stream: new EventText(events, first, feed.options.keepAliveMs),
    failure: failureText,
  };
}

function kindsOf(query: QueryParams): SubscribeArgs["kinds"] {
  return query.list("kinds")?.map((name) => {
    const kind = changeKinds.find((each) => each === name);
    if (kind) return kind;
    throw fail("BAD_REQUEST", `kinds takes ${changeKinds.join(", ")}`, { field: "kinds" });
  });
}
