import { fail, SpecStarError } from "../errors.ts";
import { type Call, errorIn, type Transport } from "./transport.ts";

/** One event of a stream, as the HTML standard dispatches it. */
interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

const reconnectMs = { shortest: 100, longest: 10_000 };

/** Faults that a later request may not meet; all else ends the iteration. */
const passing: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT", "RATE_LIMITED"]);

/** The stream was open, and its credentials lapsed: with other ones it may go on. Without a way to ask for them it ends. */
const isLapsed = (thrown: SpecStarError, heard: boolean, transport: Transport): boolean =>
  thrown.code === "UNAUTHENTICATED" && heard && transport.renewsHeaders;

/**
 * The events of a stream of changes, from now on or behind the cursor `after`. Where the connection breaks it goes on behind
 * the last event, without gap or repeat, with pauses from 0.1 to 10 seconds. Where its credentials lapse, `headers` is asked anew.
 * @throws what the server refuses with: GONE for a cursor that is too old, BAD_REQUEST, FORBIDDEN …
 */
export async function* readChanges<Event extends { readonly cursor: string }>(
  transport: Transport,
  call: () => Promise<Call>,
  { after, signal }: { readonly after?: string | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Event, void> {
  const ending = new AbortController();
  const stop = AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]);
  let cursor = after;
  let failed = 0;
  try {
    while (!stop.aborted) {
      let heard = false;
      try {
        const asked = await call();
        const response = await transport.open({ ...asked, query: { ...asked.query, after: cursor }, signal: stop }, "text/event-stream");
        for await (const { event, data } of eventsOf(response)) {
          const content: unknown = JSON.parse(data);
          if (event === "error") throw errorIn(content) ?? fail("UNAVAILABLE", "The stream of changes was ended by the server");
          failed = 0;
          heard = true;
          // What stands in an event is what the server of these specs writes.
          const change = content as Event;
          cursor = change.cursor;
          yield change;
        }
      } catch (thrown) {
        if (stop.aborted) return;
        // A connection that breaks is an error of the platform's fetch, and none of ours.
        if (thrown instanceof SpecStarError && !passing.has(thrown.code) && !isLapsed(thrown, heard, transport)) throw thrown;
      }
      failed += 1;
      await pause(Math.min(reconnectMs.shortest * 2 ** (failed - 1), reconnectMs.longest) * (0.5 + Math.random()), stop);
    }
  } finally {
    ending.abort();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** "Parsing an event stream" of the HTML standard, for what this server writes: comments, `id`, `event` and `data` of one line. */
async function* eventsOf({ body }: Response): AsyncGenerator<StreamEvent> {
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const blocks = (text + read.value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map((line) => fieldOf(line)));
        const data = fields.get("data");
        if (data !== undefined) yield { event: fields.get("event") ?? "message", data };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
