import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { createPlatform } from "../../src/platform.ts";
import { Photo } from "../rest/blob-client.ts";

async function served() {
  const folder = await mkdtemp(join(tmpdir(), "specstar-blobs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const platform = createPlatform({ resources: [Photo], storage: diskStorage(folder), log: false });
  onTestFinished(() => platform.close());
  const server = await platform.listen({ port: 0 });
  const files = async (): Promise<string[]> =>
    (await readdir(join(folder, "blobs"), { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  return { server, files, folder };
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(10);
};

const boundary = "--xx\r\nContent-Disposition: form-data; name=f; filename=a\r\nContent-Type: text/plain\r\n\r\n";

test.each([
  ["the body itself", "Content-Length: 900000\r\n", ""],
  ["chunks", "Transfer-Encoding: chunked\r\n", "30d40\r\n"],
  ["a form", "Content-Length: 900000\r\nContent-Type: multipart/form-data; boundary=xx\r\n", boundary],
])("an upload as %s that is aborted leaves nothing", async (_, header, begin) => {
  const { server, files } = await served();
  const before = (await files()).length;
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`POST /blobs HTTP/1.1\r\nHost: x\r\n${header}\r\n${begin}`);
  socket.write(Buffer.alloc(200_000, 1));
  await until(async () => (await files()).length > before);
  socket.destroy();
  await until(async () => (await files()).length === before);
});

test("an upload over the limit is told so before it has been sent", async () => {
  const { server, files } = await served();
  const before = (await files()).length;
  const socket = connect(server.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`POST /blobs HTTP/1.1\r\nHost: x\r\nContent-Length: ${6 * 1024 ** 3}\r\n\r\n`);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  expect((await files()).length).toBe(before);
});

test("a reader that goes away in the middle leaves the server as it was", async () => {
  const { server } = await served();
  const body = Buffer.alloc(20_000_000, "ab");
  const { url } = (await (await fetch(`${server.url}/blobs`, { method: "POST", body })).json()) as { url: string };
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, "data");
  socket.destroy();
  const got = await fetch(server.url + url, { headers: { range: "bytes=10000001-10000004" } });
  expect([got.status, await got.text()]).toEqual([206, "baba"]);
  expect(Buffer.from(await (await fetch(server.url + url)).arrayBuffer()).equals(body)).toBe(true);
});

test("damaged bytes never arrive as a whole", async () => {
  const { server, folder } = await served();
  const { url, hash } = (await (await fetch(`${server.url}/blobs`, { method: "POST", body: "0123456789" })).json()) as Record<
    string,
    string
  >;
  const names = await readdir(join(folder, "blobs"), { recursive: true });
  const name = names.find((each) => each.endsWith(hash?.slice("sha256:".length) ?? "?")) ?? "?";
  await writeFile(join(folder, "blobs", name), "0123456780");
  const socket = connect(server.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");
  expect(answer.split("\r\n\r\n")[1] ?? "").toBe("");
});
