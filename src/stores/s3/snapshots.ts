import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { fail, SpecStarError } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { fileError } from "../fs/file-errors.ts";
import { abortUploads, download, upload } from "./large-objects.ts";
import type { Listed, S3Bucket } from "./s3-bucket.ts";

/** A whole database file: everything up to a position of the log. */
export interface Snapshot {
  /** Of its object, without `.db`. */
  readonly key: string;
  readonly position: number;
  /** Fingerprint of its tables. */
  readonly schema: string;
  readonly sha256: string;
  readonly size: number;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly at: number;
}

/** Snapshots are `snapshots/{epoch}/{position}-{uuid}.db`, and count once a `.json` beside them says what is in them. */
export class Snapshots {
  readonly #bucket: S3Bucket;
  readonly #folder: string;
  readonly #context: Context;

  constructor(bucket: S3Bucket, epoch: string, context: Context) {
    this.#bucket = bucket;
    this.#folder = `snapshots/${epoch}/`;
    this.#context = context;
  }

  /** From the oldest to the newest. */
  async all(): Promise<readonly Snapshot[]> {
    const found: Snapshot[] = [];
    for await (const { key, at } of this.#bucket.list(this.#folder)) {
      if (!key.endsWith(".json")) continue;
      const bytes = await this.#bucket.get(key);
      if (!bytes) continue;
      const text: SnapshotText = JSON.parse(Buffer.from(bytes).toString());
      found.push({ ...text, key: key.slice(0, -".json".length), at });
    }
    return found;
  }

  /** Uploads a file that stands still. */
  async put(path: string, position: number, schema: string): Promise<void> {
    const key = `${this.#folder}${String(position).padStart(16, "0")}-${this.#context.uuid()}`;
    const hash = createHash("sha256");
    let size = 0;
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    await upload(this.#bucket, `${key}.db`, hashed());
    const text: SnapshotText = { position, schema, sha256: hash.digest("hex"), size };
    await this.#bucket.put(`${key}.json`, Buffer.from(JSON.stringify(text)));
  }

  /** Downloads a snapshot in place of a file. */
  async restore({ key, sha256 }: Snapshot, path: string): Promise<void> {
    const hash = createHash("sha256");
    const bucket = this.#bucket;
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const chunk of download(bucket, `${key}.db`)) {
        hash.update(chunk);
        yield chunk;
      }
    }
    const temporary = `${path}.restoring`;
    await pipeline(hashed(), createWriteStream(temporary, { flush: true })).catch((thrown: unknown) => {
      throw thrown instanceof SpecStarError && thrown.code === "NOT_FOUND" ? damaged(key, "is missing") : fileError(thrown);
    });
    if (hash.digest("hex") !== sha256) throw damaged(key, "does not match its hash");
    for (const part of ["", "-wal", "-shm"]) await rm(path + part, { force: true });
    await rename(temporary, path);
  }

  /** Deletes snapshots, and what uploads left that began before an instant (milliseconds) and never finished. */
  async delete(snapshots: readonly Snapshot[], before: number): Promise<void> {
    await this.#bucket.delete(snapshots.flatMap(({ key }) => [`${key}.json`, `${key}.db`]));
    await abortUploads(this.#bucket, this.#folder, before);
    const objects: Listed[] = [];
    for await (const object of this.#bucket.list(this.#folder)) objects.push(object);
    const keys = new Set(objects.map(({ key }) => key));
    const stray = objects.filter(({ key, at }) => at < before && key.endsWith(".db") && !keys.has(key.replace(/db$/, "json")));
    await this.#bucket.delete(stray.map(({ key }) => key));
  }
}

type SnapshotText = Omit<Snapshot, "key" | "at">;

const damaged = (key: string, how: string) =>
  fail(
    "DATA_CORRUPTION",
    `The object ${key}.db in the bucket ${how}. Restore it; or delete the .json beside it, to start from the snapshot before it`,
  );
