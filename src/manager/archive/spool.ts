import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../../errors.ts";

const noRoom = (thrown: unknown) =>
  fail("UNAVAILABLE", "There is no room to look at the archive before it is imported. Make some where temporary files go", {}, thrown);

/** Where an archive is kept while it is verified: a file of its own that nobody else can open, and that is gone with the process. */
export class Spool {
  readonly #file: FileHandle;
  readonly #folder: string;
  readonly #most: number;
  #size = 0;

  private constructor(file: FileHandle, folder: string, most: number) {
    this.#file = file;
    this.#folder = folder;
    this.#most = most;
  }

  /** @param most bytes that it may take */
  static async open(directory: string | undefined, most: number): Promise<Spool> {
    try {
      const folder = await mkdtemp(join(directory ?? tmpdir(), "specstar-import-"));
      const path = join(folder, "archive");
      const file = await open(path, "wx+", 0o600);
      // Where the system allows it, the name goes at once and the bytes with the last handle: also when the process is killed.
      await rm(path).catch(() => {});
      return new Spool(file, folder, most);
    } catch (thrown) {
      throw noRoom(thrown);
    }
  }

  /** The same bytes, each chunk of which is kept before it goes on. */
  async *keeping(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of bytes) {
      if (this.#size + chunk.byteLength > this.#most)
        throw fail("PAYLOAD_TOO_LARGE", `The archive has more than the ${this.#most} bytes of limits.archiveBytes. Nothing was imported`, {
          reason: "limit",
        });
      await this.#write(chunk);
      yield chunk;
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.byteLength; ) {
        const { bytesWritten } = await this.#file.write(chunk, at, chunk.byteLength - at, this.#size + at);
        at += bytesWritten;
      }
    } catch (thrown) {
      throw noRoom(thrown);
    }
    this.#size += chunk.byteLength;
  }

  /** From the first byte on. */
  async *read(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < this.#size; ) {
      const room = Math.min(readBytes, this.#size - at);
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(room), 0, room, at);
      if (bytesRead === 0) throw noRoom(undefined);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
  }
}

const readBytes = 256 * 1024;
