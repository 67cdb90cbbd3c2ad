import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { below, type Random } from "../random.ts";
import type { FileCall } from "./watched-fs.ts";

/** A file by itself, whatever names lead to it; a directory is one without bytes. */
interface Inode {
  bytes: Buffer;
  /** What is on the medium; undefined: nothing yet. */
  synced: Buffer | undefined;
  readonly directory: boolean;
}

/** A change of a directory that is not on the medium yet. */
interface Entry {
  readonly path: string;
  /** Undefined: the name is taken away. */
  readonly inode: Inode | undefined;
}

/**
 * What a disk may hold when the power fails. It follows the file calls below some directories: bytes are kept by a sync of
 * their file, names by a sync of their directory, and nothing else is promised.
 */
export class ForgetfulDisk {
  readonly #roots: readonly string[];
  readonly #visible = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  readonly #pending = new Map<string, Entry[]>();
  /** Calls that are as good as not made: the proof that the test can fail. */
  readonly #deaf: readonly string[];

  constructor(roots: readonly string[], deaf: readonly string[] = []) {
    this.#roots = roots;
    this.#deaf = deaf;
  }

  /** Takes note of a call that was made. */
  record(call: FileCall): void {
    if (!this.#roots.some((root) => call.path === root || call.path.startsWith(`${root}/`)) || this.#deaf.includes(call.name)) return;
    this.#records[call.name]?.(call);
  }

  readonly #records: Partial<Record<string, (call: FileCall) => void>> = {
    open: ({ path, creates }) => {
      if (creates) this.#name(path, { bytes: Buffer.alloc(0), synced: undefined, directory: false });
    },
    mkdir: ({ path }) => this.#name(path, { bytes: Buffer.alloc(0), synced: undefined, directory: true }),
    link: ({ path, to = "" }) => this.#name(to, this.#visible.get(path)),
    rename: ({ path, to = "" }) => {
      this.#name(to, this.#visible.get(path));
      this.#name(path, undefined);
    },
    unlink: ({ path }) => this.#name(path, undefined),
    ".writeFile": (call) => this.#append(call),
    ".appendFile": (call) => this.#append(call),
    ".datasync": ({ path }) => this.#sync(path),
    ".sync": ({ path }) => this.#sync(path),
  };

  #name(path: string, inode: Inode | undefined): void {
    if (inode) this.#visible.set(path, inode);
    else this.#visible.delete(path);
    const directory = dirname(path);
    this.#pending.set(directory, [...(this.#pending.get(directory) ?? []), { path, inode }]);
  }

  #append({ path, bytes }: FileCall): void {
    const inode = this.#visible.get(path);
    if (inode && bytes) inode.bytes = Buffer.concat([inode.bytes, bytes]);
  }

  #sync(path: string): void {
    const inode = this.#visible.get(path);
    if (inode && !inode.directory) inode.synced = inode.bytes;
    else for (const entry of this.#pending.get(path) ?? []) this.#keep(entry);
    if (!inode || inode.directory) this.#pending.delete(path);
  }

  #keep({ path, inode }: Entry): void {
    if (inode) this.#durable.set(path, inode);
    else this.#durable.delete(path);
  }

  /**
   * Puts on the real disk what is left. Without `random` all that was not synced is gone; with it, each name and each piece
   * of unsynced bytes may have made it, in any order.
   */
  losePower(random?: Random): void {
    if (random) for (const entry of [...this.#pending.values()].flat()) if (random() < 0.5) this.#keep(entry);
    for (const root of this.#roots) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root, { recursive: true });
    }
    const left = [...this.#durable].sort(([a], [b]) => (a < b ? -1 : 1));
    const directories = new Set([...this.#roots, ...this.#roots.map(dirname)]);
    for (const [path, { directory, synced, bytes }] of left) {
      if (!directories.has(dirname(path)) || this.#roots.includes(path)) continue;
      if (directory) {
        mkdirSync(path, { recursive: true });
        directories.add(path);
      } else writeFileSync(path, synced ?? bytes.subarray(0, random ? below(random, bytes.length + 1) : 0));
    }
  }
}
