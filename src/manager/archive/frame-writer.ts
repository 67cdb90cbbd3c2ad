import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type FrameKind, firstLine, headBytes, tailBytes } from "./format.ts";

/** So many bytes are worth handing on. */
const chunkBytes = 64 * 1024;

/** Makes frames, and chunks of them. */
export class FrameWriter {
  readonly #hash = createHash("sha256");
  #parts: Buffer[] = [];
  #size = 0;

  constructor() {
    this.#push(Buffer.from(firstLine));
  }

  add(kind: FrameKind, payload: Uint8Array | string): void {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const head = Buffer.allocUnsafe(headBytes);
    head.write(kind, 0, "latin1");
    head.writeUInt32BE(bytes.byteLength, 1);
    const tail = Buffer.allocUnsafe(tailBytes);
    tail.writeUInt32BE(crc32(bytes, crc32(head)));
    for (const part of [head, bytes, tail]) this.#push(part);
  }

  json(kind: FrameKind, value: unknown): void {
    this.add(kind, JSON.stringify(value));
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#size += bytes.byteLength;
  }

  /** There is so much that it should be taken. */
  get full(): boolean {
    return this.#size >= chunkBytes;
  }

  /** What was added since it was last taken. */
  take(): Buffer {
    const chunk = Buffer.concat(this.#parts, this.#size);
    this.#hash.update(chunk);
    [this.#parts, this.#size] = [[], 0];
    return chunk;
  }

  /** Of everything that was taken. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}
