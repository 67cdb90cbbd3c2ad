import { hash } from "node:crypto";
import { fail } from "../../errors.ts";
import type { Step } from "../sqlite/sqlite-journal.ts";
import { inParallel } from "./in-parallel.ts";
import type { S3Bucket } from "./s3-bucket.ts";

const formatVersion = 1;
const readsAtOnce = 16;

export interface LogEntry {
  readonly position: number;
  /** Tells entries of one session apart. */
  readonly id: string;
  /** Session of the node that wrote it, and its name. */
  readonly session: string;
  readonly name: string;
  readonly steps: readonly Step[];
}

/** An entry as it is kept: texts once, and per step the number of its text and its values. */
interface EntryText {
  readonly format: number;
  readonly epoch: string;
  readonly position: number;
  readonly id: string;
  readonly session: string;
  readonly name: string;
  readonly texts: readonly string[];
  readonly steps: readonly (readonly [number, ...Step["values"]])[];
}

/**
 * Entries without a gap, `log/{epoch}/{position}`, each created where there is none: of two nodes that both believe to be the
 * only one, each position takes one, and the other one knows. An entry is its SHA-256, a line break, and JSON.
 */
export class CommitLog {
  readonly #bucket: S3Bucket;
  readonly #epoch: string;

  constructor(bucket: S3Bucket, epoch: string) {
    this.#bucket = bucket;
    this.#epoch = epoch;
  }

  /** The length of the new object, or undefined where the position is taken. */
  async append(entry: LogEntry): Promise<number | undefined> {
    const bytes = this.#encode(entry);
    return (await this.#bucket.create(this.key(entry.position), bytes)) ? bytes.byteLength : undefined;
  }

  async read(position: number): Promise<LogEntry | undefined> {
    const key = this.key(position);
    const bytes = await this.#bucket.get(key);
    return bytes && this.#decode(key, position, bytes);
  }

  /** Entries behind a position, in order; missing ones and damaged ones are DATA_CORRUPTION. */
  async *after(position: number): AsyncGenerator<LogEntry & { readonly bytes: number }> {
    let next = position + 1;
    let batch: Numbered[] = [];
    for await (const each of this.#numbered(position)) {
      if (each.position !== next) throw damaged(this.key(next), "is missing");
      next += 1;
      if (batch.push(each) < readsAtOnce) continue;
      yield* await this.#readAll(batch);
      batch = [];
    }
    yield* await this.#readAll(batch);
  }

  #readAll(batch: readonly Numbered[]): Promise<readonly (LogEntry & { readonly bytes: number })[]> {
    return inParallel(batch, readsAtOnce, async ({ position, bytes }) => {
      const entry = await this.read(position);
      if (!entry) throw damaged(this.key(position), "is missing");
      return { ...entry, bytes };
    });
  }

  /** Position of the first entry behind this one that is still there. */
  async firstAfter(position: number): Promise<number | undefined> {
    for await (const first of this.#numbered(position)) return first.position;
    return undefined;
  }

  /** Deletes entries up to a position. */
  async deleteUpTo(position: number): Promise<void> {
    const keys: string[] = [];
    for await (const each of this.#numbered(0)) {
      if (each.position > position) break;
      keys.push(this.key(each.position));
    }
    await this.#bucket.delete(keys);
  }

  async *#numbered(after: number): AsyncGenerator<Numbered> {
    const folder = `log/${this.#epoch}/`;
    for await (const { key, size } of this.#bucket.list(folder, this.key(after)))
      yield { position: Number(key.slice(folder.length)), bytes: size };
  }

  /** Of the object of an entry. */
  key(position: number): string {
    return `log/${this.#epoch}/${String(position).padStart(16, "0")}`;
  }

  #encode({ position, id, session, name, steps }: LogEntry): Uint8Array {
    const texts = new Map<string, number>();
    const numberOf = (text: string): number => {
      const number = texts.get(text) ?? texts.size;
      texts.set(text, number);
      return number;
    };
    const numbered = steps.map(({ text, values }): EntryText["steps"][number] => [numberOf(text), ...values]);
    const entry: EntryText = {
      format: formatVersion,
      epoch: this.#epoch,
      position,
      id,
      session,
      name,
      texts: [...texts.keys()],
      steps: numbered,
    };
    const text = JSON.stringify(entry, (_key, value: unknown) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
    );
    return Buffer.from(`${hash("sha256", text)}\n${text}`);
  }

  #decode(key: string, position: number, bytes: Uint8Array): LogEntry {
    const [digest = "", text = ""] = splitOnce(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
    if (hash("sha256", text) !== digest) throw damaged(key, "does not match its hash");
    const entry: EntryText = JSON.parse(text, (_key, value: unknown) =>
      typeof value === "object" && value !== null && "base64" in value
        ? new Uint8Array(Buffer.from(String(value.base64), "base64"))
        : value,
    );
    if (entry.format > formatVersion)
      throw fail("UNSUPPORTED", "The log in the bucket was written by a newer version of specstar. Upgrade specstar");
    if (entry.epoch !== this.#epoch || entry.position !== position) throw damaged(key, "is another entry");
    const steps = entry.steps.map(([number, ...values]): Step => ({ text: entry.texts[number] ?? "", values }));
    return { position, id: entry.id, session: entry.session, name: entry.name, steps };
  }
}

interface Numbered {
  readonly position: number;
  readonly bytes: number;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("\n");
  return [text.slice(0, at), text.slice(at + 1)];
}

const damaged = (key: string, how: string) =>
  fail("DATA_CORRUPTION", `The object ${key} in the bucket ${how}. Restore it from a backup or an older version of it`);
