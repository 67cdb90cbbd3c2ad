import {
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { fail, SpecStarError } from "../../errors.ts";
import type { BlobLink } from "../../storage/blob-links.ts";
import type { ByteRange } from "../../storage/blob-store.ts";
import { answeredAt, makeClient } from "./s3-client.ts";
import { attemptsOf, isMissing, isRefused, s3Code, s3Error, unavailable } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";

const deletedAtOnce = 1000;
const bodyAttempts = 3;
const needsConditions =
  "this server does not honour If-None-Match and If-Match, without which two nodes could overwrite each other's log. Take another server, or postgresStorage, which needs no more than plain objects";

export interface Listed {
  readonly key: string;
  /** Milliseconds since the epoch, by the server's clock; to the second. */
  readonly at: number;
  readonly size: number;
}

/**
 * One bucket, or the part of it below a prefix: the objects that stores are made of. Keys come and go without the prefix. It
 * can belong to several stores: each opens it and closes it. Errors leave as SpecStarErrors.
 */
export class S3Bucket {
  readonly name: string;
  readonly prefix: string;
  readonly options: S3Options;
  readonly client: S3Client;
  #users = 0;
  #opening: Promise<void> | undefined;
  #creates = true;
  #quotesMatch = true;

  constructor(options: S3Options) {
    this.name = options.bucket;
    this.prefix = options.prefix ?? "";
    this.options = options;
    this.client = makeClient(options);
  }

  /** Whether `create` is safe against others: not every server honours `If-None-Match`. Known once it is open. */
  get createsAtomically(): boolean {
    return this.#creates;
  }

  async open(): Promise<void> {
    this.#users += 1;
    this.#opening ??= this.#probe();
    try {
      await this.#opening;
    } catch (thrown) {
      this.#users -= 1;
      this.#opening = undefined;
      throw thrown;
    }
  }

  async close(): Promise<void> {
    if (this.#users === 0) return;
    this.#users -= 1;
    if (this.#users === 0) this.client.destroy();
  }

  /** One small object stays behind: where it is there already, that one refusal says all. */
  async #probe(): Promise<void> {
    try {
      for (let tries = 0; tries < 2; tries++) {
        if (!(await this.#put("probe", new Uint8Array(), { IfNoneMatch: "*" }))) return;
      }
      this.#creates = false;
    } catch (thrown) {
      if (s3Code(thrown) !== "NotImplemented") throw s3Error(thrown, this.name);
      this.#creates = false;
      await this.run(() => this.#put("probe", new Uint8Array(), {}));
    }
  }

  /** Runs requests of others with this bucket's errors. */
  async run<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (thrown) {
      throw s3Error(thrown);
    }
  }

  /** Writes an object, whatever was there. Gives its ETag. */
  async put(key: string, bytes: Uint8Array): Promise<string> {
    return (await this.run(() => this.#put(key, bytes, {}))) ?? "";
  }

  /**
   * Writes an object where there is none, and says whether it did. The answer to a first try may be lost, and the next one be
   * refused by what the first one wrote: then the bytes tell.
   */
  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    return this.run(async () => {
      const precondition = this.#creates ? { IfNoneMatch: "*" } : {};
      try {
        await this.#send(key, bytes, precondition);
        return true;
      } catch (thrown) {
        if (!isRefused(thrown)) throw thrown;
        if (s3Code(thrown) === "PreconditionFailed" && attemptsOf(thrown) < 2) return false;
        const there = await this.get(key);
        return there !== undefined && Buffer.compare(there, bytes) === 0;
      }
    });
  }

  /** Writes an object in place of the one with this ETag; undefined where it is another one by now, or none. */
  replace(key: string, bytes: Uint8Array, etag: string): Promise<string | undefined> {
    return this.run(() => this.#put(key, bytes, { IfMatch: this.#quotesMatch ? etag : etag.replaceAll('"', "") }));
  }

  /**
   * UNSUPPORTED unless `create` and `replace` are safe against others. Ceph before 17 finds ETags equal only without their
   * quotes, so both forms are tried.
   */
  async requireConditions(): Promise<void> {
    const lacking = () => fail("UNSUPPORTED", `Bucket ${this.name}: ${needsConditions}`);
    if (!this.#creates) throw lacking();
    const empty = new Uint8Array();
    try {
      const etag = (await this.#put("probe", empty, {})) ?? "";
      if ((await this.replace("probe", empty, etag)) === undefined) {
        this.#quotesMatch = false;
        if ((await this.replace("probe", empty, etag)) === undefined) throw lacking();
      }
      if ((await this.replace("probe", empty, `"${"0".repeat(32)}"`)) !== undefined) throw lacking();
    } catch (thrown) {
      const cause = thrown instanceof SpecStarError ? thrown.cause : thrown;
      throw s3Code(cause) === "NotImplemented" ? lacking() : s3Error(thrown, this.name);
    }
  }

  /** The new ETag; undefined where the precondition does not hold. */
  async #put(key: string, bytes: Uint8Array, precondition: Precondition): Promise<string | undefined> {
    try {
      return await this.#send(key, bytes, precondition);
    } catch (thrown) {
      if (isRefused(thrown) || isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  async #send(key: string, bytes: Uint8Array, precondition: Precondition): Promise<string> {
    const { ETag = "" } = await this.client.send(
      new PutObjectCommand({ Bucket: this.name, Key: this.prefix + key, Body: bytes, ...precondition }),
    );
    return ETag;
  }

  /** The bytes of an object, undefined where there is none. */
  async get(key: string): Promise<Uint8Array | undefined> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.read(key);
      if (!found) return undefined;
      try {
        return await this.run(() => found.bytes());
      } catch (thrown) {
        if (!(thrown instanceof SpecStarError) || attempt >= bodyAttempts) throw thrown;
      }
    }
  }

  /** An object whose bytes are on their way; undefined where there is none. A range that begins behind its end is RANGE_NOT_SATISFIABLE. */
  async read(key: string, range?: ByteRange): Promise<ReadObject | undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    try {
      return new ReadObject(
        await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: this.prefix + key, ...(Range ? { Range } : {}) })),
      );
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      if (s3Code(thrown) === "InvalidRange") throw fail("RANGE_NOT_SATISFIABLE", "The range begins behind the end of these bytes");
      throw s3Error(thrown);
    }
  }

  /** Nothing is asked of the server: the signature is made here. */
  presign(key: string, { expiresInSeconds, contentType, contentDisposition }: BlobLink): Promise<string> {
    const command = new GetObjectCommand({
      Bucket: this.name,
      Key: this.prefix + key,
      ResponseContentType: contentType,
      ResponseContentDisposition: contentDisposition,
    });
    return this.run(() => getSignedUrl(this.client, command, { expiresIn: expiresInSeconds }));
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: this.prefix + key }));
      return true;
    } catch (thrown) {
      if (isMissing(thrown)) return false;
      throw s3Error(thrown);
    }
  }

  /** Keys that are not there are no error. */
  async delete(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += deletedAtOnce) {
      const Objects = keys.slice(at, at + deletedAtOnce).map((key) => ({ Key: this.prefix + key }));
      const { Errors = [] } = await this.run(() =>
        this.client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } })),
      );
      const [failed] = Errors.filter(({ Code }) => Code !== "NoSuchKey");
      if (failed) throw unavailable(failed.Code ?? "unknown");
    }
  }

  /** Objects whose keys begin with `folder`, in the order of their keys, those behind `after` if it is given. */
  async *list(folder: string, after?: string): AsyncGenerator<Listed> {
    const { client, prefix } = this;
    const StartAfter = after === undefined ? {} : { StartAfter: prefix + after };
    try {
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket: this.name, Prefix: prefix + folder, ...StartAfter },
      ))
        for (const { Key = "", LastModified, Size = 0 } of Contents)
          yield { key: Key.slice(prefix.length), at: LastModified?.getTime() ?? 0, size: Size };
    } catch (thrown) {
      throw s3Error(thrown);
    }
  }
}

interface Precondition {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

/** An object that is being read: what came before its bytes, and the bytes once. */
export class ReadObject {
  readonly etag: string;
  /** Of the whole object, whatever range was asked for. */
  readonly size: number;
  /** Milliseconds since it was written, by the server's clock alone; to the second. */
  readonly ageMs: number;
  readonly #output: GetObjectCommandOutput;

  constructor(output: GetObjectCommandOutput) {
    this.#output = output;
    this.etag = output.ETag ?? "";
    this.ageMs = answeredAt(output) - (output.LastModified?.getTime() ?? 0);
    this.size = Number(output.ContentRange?.split("/").at(-1) ?? output.ContentLength ?? 0);
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#output.Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const body = this.#output.Body;
    if (!body || !(Symbol.asyncIterator in body)) return;
    try {
      for await (const chunk of body) yield chunk;
    } catch (thrown) {
      throw s3Error(thrown);
    }
  }
}
