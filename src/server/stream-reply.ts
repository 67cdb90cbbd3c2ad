import type { ServerResponse } from "node:http";
import type { Reply, StreamReply } from "../rest/reply.ts";

const end: IteratorResult<string | Uint8Array> = { done: true, value: undefined };

/** The same stream with its failure, if it has one, logged and as its last text: the status has long been sent. */
export function withLastWord(reply: StreamReply, problemOf: (thrown: unknown) => Reply): StreamReply {
  const { stream, failure } = reply;
  let ended = false;
  const next = async (): Promise<IteratorResult<string | Uint8Array>> => {
    if (ended) return end;
    try {
      return await stream.next();
    } catch (thrown) {
      ended = true;
      const last = problemOf(thrown);
      if (!failure) throw thrown;
      return { done: false, value: failure(last) };
    }
  };
  const stop = async (): Promise<IteratorResult<string | Uint8Array>> => {
    ended = true;
    return (await stream.return?.()) ?? end;
  };
  const guarded: AsyncIterableIterator<string | Uint8Array> = { next, return: stop, [Symbol.asyncIterator]: () => guarded };
  return { ...reply, stream: guarded };
}

/** Sends a stream as fast as the other side reads it. When that is gone, the stream is told at once. */
export function sendStream(outgoing: ServerResponse, { status, headers, stream }: StreamReply, method: string): void {
  const stop = () => void stream.return?.();
  if (method === "HEAD" || outgoing.destroyed) {
    stop();
    outgoing.writeHead(status, headers).end();
    return;
  }
  outgoing.once("close", stop);
  outgoing.writeHead(status, headers);
  pump(outgoing, stream).catch(() => outgoing.destroy());
}

async function pump(outgoing: ServerResponse, stream: AsyncIterableIterator<string | Uint8Array>): Promise<void> {
  for (let { done, value } = await stream.next(); !done; { done, value } = await stream.next()) {
    // The server stops, or the client is gone: `close` follows.
    if (outgoing.writableEnded || outgoing.destroyed) return;
    if (!outgoing.write(value)) await drained(outgoing);
  }
  if (!outgoing.writableEnded) outgoing.end();
}

const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });

/** The stream as the body of a Response. */
export function readableOf(stream: AsyncIterableIterator<string | Uint8Array>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await stream.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
    },
    async cancel() {
      await stream.return?.();
    },
  });
}
