import { link, lstat, unlink } from "node:fs/promises";
import { fail } from "../../errors.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import type { RevisionStore } from "../../storage/revision-store.ts";
import { DataDirectory } from "./data-directory.ts";
import { fileError, hasErrno } from "./file-errors.ts";

/** A file per revision, in 256 folders by the key's last two digits: the first ones are its time, and would fill one folder at a time. */
export class FsRevisionStore implements RevisionStore {
  readonly #directory: DataDirectory;

  constructor(path: string, context: Context = systemContext) {
    this.#directory = new DataDirectory(path, context);
  }

  open(): Promise<void> {
    return this.#directory.open();
  }

  /** Whole and durable under another name first; the link that makes it visible fails where the key exists. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const shard = shardOf(key);
    try {
      const path = await this.#directory.pathForWriting(shard, key);
      const temporary = await this.#directory.createTemporary();
      try {
        try {
          await temporary.handle.writeFile(bytes);
          await temporary.handle.datasync();
        } finally {
          await temporary.handle.close();
        }
        await link(temporary.path, path);
      } finally {
        await unlink(temporary.path);
      }
      await this.#directory.syncShard(shard);
    } catch (thrown) {
      throw hasErrno(thrown, "EEXIST") ? fail("CONFLICT", `Revision key ${key} exists`, {}, thrown) : fileError(thrown);
    }
  }

  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return Promise.all(keys.map((key) => this.#read(key)));
  }

  async #read(key: string): Promise<Uint8Array | undefined> {
    const shard = shardOf(key);
    try {
      const handle = await this.#directory.openFile(shard, key);
      if (!handle) return undefined;
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const files = keys.map((key) => ({ shard: shardOf(key), name: key }));
    try {
      await this.#directory.remove(files);
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async *list(before: number): AsyncIterable<string> {
    try {
      for await (const { name, path } of this.#directory.files()) {
        if (!keyPattern.test(name)) continue;
        const at = timeOf(name) ?? (await lstat(path)).mtimeMs;
        if (at < before) yield name;
      }
    } catch (thrown) {
      throw fileError(thrown);
    }
  }

  async close(): Promise<void> {}
}

const keyPattern = /^[0-9a-f-]{32,36}$/;

function shardOf(key: string): string {
  if (!keyPattern.test(key) || !/[0-9a-f]{2}$/.test(key)) throw fail("BAD_REQUEST", "A revision key is the hex of a UUID");
  return key.slice(-2);
}

/** The milliseconds in a UUIDv7; undefined for other keys. */
function timeOf(key: string): number | undefined {
  const hex = key.replaceAll("-", "");
  return hex[12] === "7" ? Number.parseInt(hex.slice(0, 12), 16) : undefined;
}
