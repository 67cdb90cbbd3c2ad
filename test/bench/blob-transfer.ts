import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

// How much memory a server takes to receive and send one large blob: `npm run build && node test/bench/blob-transfer.ts 2048`,
// in MiB; behind it, if told, the semi-space of V8 in MiB, on which it depends when buffers are freed. The server is a process of its own, built, as users have it; its peak is what the kernel counted (VmHWM), so it runs on Linux.

const [mebibytes = "2048", semiSpace = "8"] = process.argv.slice(2);
await measure(Number(mebibytes) * 1024 ** 2);

async function measure(size: number): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), "specstar-blob-"));
  // The first start makes the tables, for which it loads what later ones do not.
  const first = start(place);
  await once(first, "message");
  first.kill();
  await once(first, "exit");
  const child = start(place);
  try {
    const [url] = await once(child, "message");
    const rest = await peak(child);
    const most = async () => {
      const now = await peak(child);
      return `${now} MiB at most, ${now - rest} more than at rest`;
    };
    console.log(`at rest: ${rest} MiB`);
    let begun = performance.now();
    const { path, hash } = await upload(String(url), size);
    console.log(`up: ${await most()}, ${rate(size, begun)}`);
    begun = performance.now();
    const got = createHash("sha256");
    const response = await fetch(url + path);
    for await (const chunk of response.body ?? []) got.update(chunk);
    if (`sha256:${got.digest("hex")}` !== hash) throw new TypeError("Other bytes came back");
    console.log(`up and down: ${await most()}, ${rate(size, begun)}`);
  } finally {
    child.kill();
    await rm(place, { recursive: true, force: true });
  }
}

function start(place: string): ChildProcess {
  const program = `
    import { z } from "zod";
    import { blob, createPlatform, defineResource } from "specstar";
    import { diskStorage } from "specstar/disk";
    const File = defineResource("file", { schema: z.object({ bytes: blob() }) });
    const storage = diskStorage(process.argv[1]);
    const server = await createPlatform({ resources: [File], storage, log: false }).listen({ port: 0 });
    process.send(server.url);`;
  const flags = [`--max-semi-space-size=${semiSpace}`, "--heap-growing-percent=50", "--input-type=module", "--eval", program];
  return spawn(process.execPath, [...flags, place], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

async function upload(url: string, size: number): Promise<{ readonly path: string; readonly hash: string }> {
  const sending = request(`${url}/blobs`, { method: "POST", headers: { "content-length": size } });
  const answered = once(sending, "response");
  await pipeline(function* () {
    const chunk = Buffer.alloc(256 * 1024);
    for (let at = 0; at < size; at += chunk.byteLength) {
      chunk.writeDoubleBE(at);
      yield Buffer.from(chunk.subarray(0, size - at));
    }
  }, sending);
  const [response] = await answered;
  const texts: string[] = await response.setEncoding("utf8").toArray();
  const { url: path, hash } = JSON.parse(texts.join(""));
  return { path, hash };
}

async function peak({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

function rate(size: number, begun: number): string {
  return `${Math.round(size / 1024 ** 2 / ((performance.now() - begun) / 1000))} MiB/s`;
}
