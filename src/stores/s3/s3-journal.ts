import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { makeDirectory } from "../fs/data-directory.ts";
import { fileError, hasErrno } from "../fs/file-errors.ts";
import { lockFolder } from "../sqlite/folder-lock.ts";
import { JournaledFile } from "../sqlite/journaled-file.ts";
import type { SqliteJournal, Step } from "../sqlite/sqlite-journal.ts";
import { bringUpToDate, copyStore, type Kept } from "./bring-up-to-date.ts";
import { CommitLog, type LogEntry } from "./commit-log.ts";
import { Lease, type NodeIdentity } from "./lease.ts";
import type { S3Bucket } from "./s3-bucket.ts";
import { Snapshots } from "./snapshots.ts";

const storeKey = "store";
const housekeepingMs = 60 * 60 * 1000;
const strayMs = 24 * 60 * 60 * 1000;
/** What an object costs beside its bytes, when the log is weighed: small ones cost a request each to read back. */
const entryWeight = 4096;

export interface S3JournalOptions {
  readonly bucket: S3Bucket;
  readonly context: Context;
  /** Of this node, for people. */
  readonly name: string;
  readonly leaseMs: number;
  readonly snapshotBytes: number;
  readonly retentionMs: number;
}

/** What there is once the journal is in use. */
interface Begun {
  readonly node: NodeIdentity;
  readonly lease: Lease;
}

/** Keeps a SQLite file in a bucket: a log of all transactions, and now and then the whole file. One node at a time. */
export class S3Journal implements SqliteJournal {
  readonly #options: S3JournalOptions;
  #path = "";
  #begun: Begun | undefined;
  #kept: Kept | undefined;
  #file: JournaledFile | undefined;
  #unlock = () => {};
  #position = 0;
  #weight = 0;
  #fileBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #background: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: S3JournalOptions) {
    this.#options = options;
  }

  async prepare(path: string): Promise<void> {
    const { bucket, context, name, leaseMs } = this.#options;
    this.#closed = false;
    this.#kept = undefined;
    this.#path = path;
    const folder = dirname(path);
    await bucket.open();
    await bucket.requireConditions();
    await makeDirectory(folder).catch((thrown: unknown) => {
      throw fileError(thrown, folder);
    });
    this.#unlock = lockFolder(join(folder, "lock"));
    const node = { id: await nodeId(join(folder, "node-id"), context), session: context.uuid(), name };
    const lease = new Lease(bucket, node, leaseMs);
    this.#begun = { node, lease };
    await lease.acquire();
    lease.keep();
    const store = await bucket.get(storeKey);
    if (!store) return refuseUsed(path);
    this.#kept = this.#keptOf(epochOf(store));
    await bringUpToDate(path, this.#kept, node, context);
  }

  async withCopy<Answer>(look: (path: string) => Promise<Answer>): Promise<Answer> {
    const { bucket } = this.#options;
    const folder = await mkdtemp(join(tmpdir(), "specstar-plan-"));
    try {
      const store = await bucket.get(storeKey);
      const path = join(folder, "meta.db");
      if (store) await copyStore(path, this.#keptOf(epochOf(store)));
      return await look(path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #keptOf(epoch: string): Kept {
    const { bucket, context } = this.#options;
    return { epoch, log: new CommitLog(bucket, epoch), snapshots: new Snapshots(bucket, epoch, context) };
  }

  async begin(file: JournaledFile): Promise<void> {
    this.#file = file;
    this.#position = file.position;
    if (!this.#kept) await this.#publish(file);
    else if ((await this.#kept.snapshots.all()).at(-1)?.schema !== file.schema) await this.#snapshot();
    this.check();
    this.#timer = setInterval(() => this.#inBackground(() => this.#housekeep()), housekeepingMs).unref();
    this.#inBackground(() => this.#housekeep());
  }

  /** Makes the store: it is there for others once its object names it, and only one node can create that. */
  async #publish(file: JournaledFile): Promise<void> {
    const epoch = file.epoch ?? "";
    this.#kept = this.#keptOf(epoch);
    await this.#snapshot();
    const text = Buffer.from(JSON.stringify({ format: 1, epoch }));
    if (!(await this.#options.bucket.create(storeKey, text)))
      throw fail("UNAVAILABLE", "Another node has made a store in this bucket at the same moment. Start again");
  }

  async append(steps: readonly Step[]): Promise<number | undefined> {
    const { node, lease, log, file } = this.#inUse;
    const position = this.#position + 1;
    const { session, name } = node;
    const entry: LogEntry = { position, id: this.#options.context.uuid(), session, name, steps };
    const bytes = await log.append(entry).catch((thrown: unknown) => this.#lookUp(entry, thrown));
    if (bytes !== undefined) {
      this.#position = position;
      this.#weigh(bytes);
      return position;
    }
    const found = await log.read(position);
    if (found?.session !== session) throw lease.lose(found?.name ?? "unknown");
    // Given up when it was sent, because nobody answered; and yet it arrived.
    file.apply(position, found.steps);
    this.#position = position;
    return undefined;
  }

  /** After a failure nobody knows whether the entry is there, until the bucket is asked. */
  async #lookUp({ position, id }: LogEntry, cause: unknown): Promise<number | undefined> {
    const unknown = fail(
      "UNAVAILABLE",
      "Whether this write was kept is unknown, because the S3 server failed. Read before writing again",
      {},
      cause,
    );
    const found = await this.#inUse.log.read(position).catch(() => {
      throw unknown;
    });
    if (!found) throw unknown;
    return found.id === id ? 0 : undefined;
  }

  check(): void {
    this.#begun?.lease.check();
  }

  get #inUse() {
    if (!this.#begun || !this.#kept || !this.#file) throw fail("UNAVAILABLE", "The store is not open");
    return { ...this.#begun, ...this.#kept, file: this.#file };
  }

  #weigh(bytes: number): void {
    this.#weight += bytes + entryWeight;
    if (this.#weight < Math.max(this.#options.snapshotBytes, this.#fileBytes / 2)) return;
    this.#weight = 0;
    this.#inBackground(() => this.#snapshot().then(() => this.#tidy()));
  }

  /** One thing at a time; what fails is done again when the next occasion comes. */
  #inBackground(work: () => Promise<void>): void {
    this.#background = this.#background.then(() => (this.#closed ? undefined : work())).catch(() => {});
  }

  async #snapshot(): Promise<void> {
    const { snapshots, file } = this.#inUse;
    const frozen = file.freeze();
    if (!frozen) throw fail("UNAVAILABLE", "Another process reads the database. Stop it");
    try {
      await snapshots.put(this.#path, frozen.position, file.schema);
      this.#fileBytes = (await stat(this.#path)).size;
    } finally {
      frozen.release();
    }
  }

  /** Where little is written, a snapshot all the same: what was purged is gone only with what is older than one. */
  async #housekeep(): Promise<void> {
    const newest = (await this.#inUse.snapshots.all()).at(-1);
    const { context, retentionMs } = this.#options;
    if (newest && newest.position < this.#position && newest.at < context.now() - retentionMs) await this.#snapshot();
    await this.#tidy();
  }

  async #tidy(): Promise<void> {
    const { snapshots, log } = this.#inUse;
    const now = this.#options.context.now();
    this.check();
    const all = await snapshots.all();
    const kept = all.filter(({ at }, i) => i === all.length - 1 || at >= now - this.#options.retentionMs);
    await snapshots.delete(
      all.filter((each) => !kept.includes(each)),
      now - strayMs,
    );
    await log.deleteUpTo(kept[0]?.position ?? 0);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#background;
    await this.#begun?.lease.release();
    this.#unlock();
    await this.#options.bucket.close();
  }
}

function epochOf(store: Uint8Array): string {
  const { epoch }: { epoch: string } = JSON.parse(Buffer.from(store).toString());
  return epoch;
}

/** Kept in the folder, so that a node that crashed there need not wait for its own lease to end. */
async function nodeId(path: string, { uuid }: Context): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (!hasErrno(thrown, "ENOENT")) throw fileError(thrown, path);
  }
  const id = uuid();
  await writeFile(path, id);
  return id;
}

/** A folder with data and a bucket without: whatever the reason, nobody may begin anew on it in silence. */
async function refuseUsed(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there) return;
  const file = await JournaledFile.open(path);
  const { position } = file;
  file.close();
  if (position > 0)
    throw fail("DATA_CORRUPTION", `The bucket is empty, but ${path} has data. Restore the bucket; or remove the folder, to begin anew`);
}
