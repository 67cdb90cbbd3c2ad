import { connect, type Socket } from "node:net";
import type { Workload } from "./workload.ts";

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
  readonly workload: Workload;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Keep-alive connections with one request in flight each. Leaner than a load generator that parses what it gets, so that on
 * two cores the server is what is measured. Any other answer than the right one ends the run: errors are quick and would look
 * good.
 */
export async function load({ port, connections, ms, workload }: Load): Promise<LoadResult> {
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, () => keepAsking(port, start + ms, workload, times)));
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0;
  return { requests: times.length, perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function keepAsking(port: number, until: number, { next, begin }: Workload, times: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const answer = new Answer();
    let sent = 0;
    const ask = () => {
      sent = performance.now();
      socket.write(next(), "latin1");
    };
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.once("connect", ask);
    socket.once("error", end);
    socket.once("close", () => end(new Error("The server closed the connection")));
    socket.on("data", (chunk) => {
      if (!answer.take(chunk)) return;
      if (!answer.begins(begin)) return end(new Error(`Not what was asked for: ${answer.text}`));
      const now = performance.now();
      times.push(now - sent);
      if (now < until) ask();
      else end();
    });
  });
}

const headEnd = Buffer.from("\r\n\r\n");
const chunkedEnd = Buffer.from("\r\n0\r\n\r\n");

/** Follows the answers on one connection just far enough to know where each ends and how it begins. */
class Answer {
  #chunks: Buffer[] = [];
  /** Bytes up to the end; -1 for a chunked body, undefined while the head is incomplete. */
  #length: number | undefined;
  #size = 0;
  #bodyAt = 0;

  /** True when the chunk completes an answer. */
  take(chunk: Buffer): boolean {
    if (this.#complete) this.#clear();
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#length === undefined) this.#readHead();
    return this.#complete;
  }

  begins(text: string): boolean {
    return this.#whole.toString("latin1", this.#bodyAt, this.#bodyAt + text.length + 8).includes(text);
  }

  /** The first part of it, for messages. */
  get text(): string {
    return this.#whole.subarray(0, 1000).toString();
  }

  get #whole(): Buffer {
    return (this.#chunks.length === 1 ? this.#chunks[0] : undefined) ?? Buffer.concat(this.#chunks);
  }

  get #complete(): boolean {
    if (this.#length === undefined) return false;
    return this.#length >= 0 ? this.#size >= this.#length : this.#whole.subarray(-chunkedEnd.length).equals(chunkedEnd);
  }

  #readHead(): void {
    const all = this.#whole;
    const end = all.indexOf(headEnd);
    if (end === -1) return;
    this.#bodyAt = end + headEnd.length;
    const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString("latin1", 0, end))?.[1];
    this.#length = length === undefined ? -1 : this.#bodyAt + Number(length);
  }

  #clear(): void {
    this.#chunks = [];
    this.#length = undefined;
    this.#size = 0;
  }
}
