import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, readdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { fileError, hasErrno } from "./file-errors.ts";

const staleMs = 60 * 60 * 1000;

/**
 * Makes a directory and those above it; each new one is durable in its parent. One by one, because Node's recursive mkdir
 * never ends where a parent is there and yet takes no directories, as /proc.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await isThere(path)) return;
  const parent = dirname(resolve(path));
  await makeDirectory(parent);
  try {
    await mkdir(path);
  } catch (thrown) {
    if (!hasErrno(thrown, "EEXIST") || !(await isThere(path))) throw thrown;
  }
  await syncDirectory(parent);
}

/** A disk that fails says nothing about what is there: whoever took that for a no would climb above the root. */
async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT")) return false;
    throw thrown;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A directory of many files: `tmp` for what is being written, and shards that keep folders small. Symbolic links in it are
 * not followed. Only full paths come out of here, and only made of names that the stores have checked.
 */
export class DataDirectory {
  readonly root: string;
  readonly #context: Context;
  /** Shards that are known to be real directories … */
  readonly #shards = new Map<string, Promise<boolean>>();
  /** … and those that this process has made durable in the root. */
  readonly #made = new Map<string, Promise<void>>();

  constructor(root: string, context: Context) {
    this.root = resolve(root);
    this.#context = context;
  }

  async open(): Promise<void> {
    try {
      await makeDirectory(join(this.root, "tmp"));
      await this.#checkWritable();
      await this.#removeStale();
    } catch (thrown) {
      throw fileError(thrown, this.root);
    }
  }

  async #checkWritable(): Promise<void> {
    const { path, handle } = await this.createTemporary();
    await handle.close();
    await unlink(path);
  }

  /** What a crash left half-written. Young files may belong to another process. */
  async #removeStale(): Promise<void> {
    for (const name of await readdir(join(this.root, "tmp"))) {
      const path = join(this.root, "tmp", name);
      const stats = await lstat(path).catch(() => undefined);
      if (stats && stats.mtimeMs < this.#context.now() - staleMs) await unlink(path).catch(() => {});
    }
  }

  async createTemporary(): Promise<{ path: string; handle: FileHandle }> {
    const path = join(this.root, "tmp", this.#context.uuid());
    return { path, handle: await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600) };
  }

  /** The path of a file, making its shard durable first. */
  async pathForWriting(shard: string, name: string): Promise<string> {
    await this.#makeShard(shard);
    return join(this.root, shard, name);
  }

  #makeShard(shard: string): Promise<void> {
    let made = this.#made.get(shard);
    if (!made) {
      made = this.#mkdir(shard);
      this.#made.set(shard, made);
      made.catch(() => this.#made.delete(shard));
    }
    return made;
  }

  /** Also where another process has just made it: its fsync may still be under way. */
  async #mkdir(shard: string): Promise<void> {
    await mkdir(join(this.root, shard)).catch((thrown: unknown) => {
      if (!hasErrno(thrown, "EEXIST")) throw thrown;
    });
    await syncDirectory(this.root);
    await this.#hasShard(shard);
  }

  /** Makes the names in a shard durable. */
  syncShard(shard: string): Promise<void> {
    return syncDirectory(join(this.root, shard));
  }

  /** Opens a file for reading; undefined where there is none. */
  async openFile(shard: string, name: string): Promise<FileHandle | undefined> {
    if (!(await this.#hasShard(shard))) return undefined;
    try {
      return await open(join(this.root, shard, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (thrown) {
      if (hasErrno(thrown, "ENOENT")) return undefined;
      throw thrown;
    }
  }

  /** Removes files, durably; names that are not there are no error. */
  async remove(files: readonly { readonly shard: string; readonly name: string }[]): Promise<void> {
    const changed = new Set<string>();
    for (const { shard, name } of files) {
      if (!(await this.#hasShard(shard))) continue;
      try {
        await unlink(join(this.root, shard, name));
        changed.add(shard);
      } catch (thrown) {
        if (!hasErrno(thrown, "ENOENT")) throw thrown;
      }
    }
    for (const shard of changed) await this.syncShard(shard);
  }

  /** Every file of every shard. */
  async *files(): AsyncIterable<{ name: string; path: string }> {
    for (const shard of await readdir(this.root)) {
      if (shard === "tmp" || !(await this.#hasShard(shard))) continue;
      for await (const entry of await opendir(join(this.root, shard)))
        if (entry.isFile()) yield { name: entry.name, path: join(this.root, shard, entry.name) };
    }
  }

  #hasShard(shard: string): Promise<boolean> {
    let known = this.#shards.get(shard);
    if (!known) {
      known = isDirectory(join(this.root, shard));
      this.#shards.set(shard, known);
      const forget = () => this.#shards.delete(shard);
      known.then((there) => there || forget(), forget);
    }
    return known;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink())
      throw fail(
        "DATA_CORRUPTION",
        "A symbolic link stands where a folder of stored bytes should be. Remove it and restore the folder from a backup",
      );
    return stats.isDirectory();
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT")) return false;
    throw thrown;
  }
}
