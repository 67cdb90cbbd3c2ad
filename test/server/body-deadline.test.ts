import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type Pace, watchBody } from "../../src/server/body-deadline.ts";

/** What a server that watches at this pace answers to a body that stands still, or comes with a pause. */
async function answerTo(pace: Pace, header: string, begin: string, rest?: string): Promise<string> {
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
    watchBody(incoming, outgoing, pace);
    incoming.resume().on("end", () => outgoing.end("whole"));
  });
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n${begin}`);
  if (rest !== undefined) {
    await sleep(100);
    socket.write(rest);
  }
  const [answer] = await once(socket, "data");
  return String(answer);
}

test.each([
  ["a body", { everyMs: 20 }, "Content-Length: 4", "ab"],
  ["chunks", { everyMs: 20 }, "Transfer-Encoding: chunked", "1\r\na\r\n"],
  ["an upload", { everyMs: 20, bytes: 1 }, "Content-Length: 4", "ab"],
])("%s that stands still is 408", async (_, pace, header, begin) => {
  expect(await answerTo(pace, header, begin)).toMatch(/^HTTP\/1\.1 408 /);
});

test("an upload may last many times as long, while it goes on", async () => {
  expect(await answerTo({ everyMs: 5, bytes: 0 }, "Content-Length: 4", "ab", "cd")).toMatch(/^HTTP\/1\.1 200 /);
});
