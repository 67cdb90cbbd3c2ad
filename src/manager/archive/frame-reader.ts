import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { fail } from "../../errors.ts";
import { type Frame, type FrameKind, firstLineOf, formatVersion, headBytes, kinds, longestFirstLine, tailBytes } from "./format.ts";
import { damaged } from "./refusals.ts";

const kindOf: ReadonlyMap<number, FrameKind> = new Map(kinds.map((kind) => [kind.charCodeAt(0), kind]));

/** Takes frames out of bytes as they come, each with its checksum checked. Holds no more than one frame and one chunk. */
export class FrameReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #longest: number;
  readonly #hash: Hash = createHash("sha256");
  #waiting: Buffer[] = [];
  #size = 0;
  #begun = false;
  /** Bytes that frames were made of. */
  bytes = 0;

  /** @param longest the most bytes that a payload may have */
  constructor(chunks: AsyncIterable<Uint8Array>, longest: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#longest = longest;
  }

  /** The next frame, undefined at the end of the bytes. BAD_REQUEST for what is none, is altered, or was cut off. */
  async next(): Promise<Frame | undefined> {
    if (!this.#begun) await this.#begin();
    for (;;) {
      const frame = this.#take();
      if (frame) return frame;
      if (await this.#more()) continue;
      if (this.#size > 0) throw damaged("it was cut off");
      return undefined;
    }
  }

  /** Of every byte up to the last frame. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  async #begin(): Promise<void> {
    while (this.#size < longestFirstLine && (await this.#more()));
    const found = firstLineOf.exec(this.#peek(Math.min(this.#size, longestFirstLine)).toString("latin1"));
    if (!found) throw fail("BAD_REQUEST", "This is no archive of SpecStar. Nothing was imported", { reason: "foreign" });
    if (Number(found[1]) !== formatVersion)
      throw fail("BAD_REQUEST", `The archive has format ${found[1]}, and this version reads ${formatVersion}. Import it with a newer one`, {
        reason: "newer",
      });
    this.#drop(found[0].length);
    this.#begun = true;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    if (value.byteLength > 0) this.#waiting.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    this.#size += value.byteLength;
    return true;
  }

  #take(): Frame | undefined {
    if (this.#size < headBytes) return undefined;
    const head = this.#peek(headBytes);
    const kind = kindOf.get(head[0] ?? 0);
    const length = head.readUInt32BE(1);
    if (!kind) throw damaged("a frame is of no known kind");
    // Asked before there is room for it: a length is only a claim.
    if (length > this.#longest)
      throw fail("PAYLOAD_TOO_LARGE", `A part of the archive has ${length} bytes, more than the ${this.#longest} of limits.resourceBytes`, {
        reason: "limit",
      });
    const whole = headBytes + length + tailBytes;
    if (this.#size < whole) return undefined;
    const bytes = this.#peek(whole);
    const end = headBytes + length;
    if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw damaged("a checksum does not match");
    if (kind !== "E") this.#drop(whole);
    else this.#skip(whole);
    return { kind, payload: bytes.subarray(headBytes, end) };
  }

  /** The first bytes that wait, in one piece. */
  #peek(count: number): Buffer {
    const [first] = this.#waiting;
    if (first && first.length >= count) return first.subarray(0, count);
    const all = Buffer.concat(this.#waiting, this.#size);
    this.#waiting = [all];
    return all.subarray(0, count);
  }

  #drop(count: number): void {
    this.#hash.update(this.#peek(count));
    this.#skip(count);
  }

  #skip(count: number): void {
    const rest = this.#waiting[0]?.subarray(count);
    if (rest?.length) this.#waiting[0] = rest;
    else this.#waiting.shift();
    this.#size -= count;
    this.bytes += count;
  }

  /** Lets go of where the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
