import { createHash } from "node:crypto";
import { type FileHandle, lstat, rename, unlink } from "node:fs/promises";
import { fail } from "../../errors.ts";
import { refuseLinks } from "../../storage/blob-links.ts";
import { blobFile, blobName } from "../../storage/blob-name.ts";
import type { BlobStore, ByteRange, NameOf } from "../../storage/blob-store.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { DataDirectory } from "./data-directory.ts";
import { fileError, hasErrno } from "./file-errors.ts";

const chunkBytes = 256 * 1024;

/** A file per content, named by its SHA-256, and by what stands behind it in the name. */
export class FsBlobStore implements BlobStore {
  readonly presigns = false;
  readonly presign = refuseLinks;
  readonly #directory: DataDirectory;

  constructor(path: string, context: Context = systemContext) {
    this.#directory = new DataDirectory(path, context);
  }

  open(): Promise<void> {
    return this.#directory.open();
  }

  /** The rename puts the same bytes over the same bytes, so that a damaged file heals when its content comes again. */
  async put(bytes: AsyncIterable<Uint8Array>, nameOf: NameOf = async (hash) => hash): Promise<{ hash: string; size: number }> {
    const temporary = await this.#directory.createTemporary().catch((thrown: unknown) => {
      throw fileError(thrown);
    });
    try {
      const { digest, size } = await this.#write(temporary.handle, bytes);
      crashPoint("blob-bytes-written");
      const hash = await nameOf(`sha256:${digest}`);
      const { shard, name } = placeOf(hash);
      await rename(temporary.path, await this.#directory.pathForWriting(shard, name));
      await this.#directory.syncShard(shard);
      return { hash, size };
    } catch (thrown) {
      await unlink(temporary.path).catch(() => {});
      throw fileError(thrown);
    }
  }

  async #write(handle: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    const hash = createHash("sha256");
    let size = 0;
    try {
      for await (const part of bytes) {
        hash.update(part);
        size += part.byteLength;
        await handle.appendFile(part);
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return { digest: hash.digest("hex"), size };
  }

  async *get(hash: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const { shard, name } = placeOf(hash);
    const handle = await this.#directory.openFile(shard, name).catch((thrown: unknown) => {
      throw fileError(thrown);
    });
    if (!handle) throw fail("NOT_FOUND", "There are no bytes for this blob");
    try {
      if (range) return yield* chunks(handle, range);
      const check = createHash("sha256");
      for await (const chunk of chunks(handle)) {
        check.update(chunk);
        yield chunk;
      }
      if (check.digest("hex") !== blobName(hash).digest)
        throw fail("DATA_CORRUPTION", "The bytes of this blob do not match its hash. Restore it from a backup, or upload it again");
    } finally {
      await handle.close();
    }
  }

  async has(hash: string): Promise<boolean> {
    const { shard, name } = placeOf(hash);
    try {
      const handle = await this.#directory.openFile(shard, name);
      await handle?.close();
      return handle !== undefined;
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async delete(hashes: readonly string[]): Promise<void> {
    const files = hashes.map(placeOf);
    try {
      await this.#directory.remove(files);
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async *list(before: number): AsyncIterable<string> {
    try {
      for await (const { name, path } of this.#directory.files()) {
        if (!blobFile.test(name)) continue;
        const stats = await lstat(path).catch((thrown: unknown) => {
          if (!hasErrno(thrown, "ENOENT")) throw thrown;
        });
        if (stats && stats.mtimeMs < before) yield `sha256:${name}`;
      }
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async close(): Promise<void> {}
}

/** Each chunk is a buffer of its own: whoever receives it may keep it. */
async function* chunks(
  handle: FileHandle,
  { start, end }: ByteRange = { start: 0, end: Number.POSITIVE_INFINITY },
): AsyncGenerator<Uint8Array> {
  for (let at = start; at <= end; ) {
    const length = Math.min(chunkBytes, end + 1 - at);
    const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, at).catch((thrown: unknown) => {
      throw fileError(thrown);
    });
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function placeOf(hash: string): { readonly shard: string; readonly name: string } {
  const { file } = blobName(hash);
  return { shard: file.slice(0, 2), name: file };
}
