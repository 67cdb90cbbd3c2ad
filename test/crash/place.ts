import { setTimeout } from "node:timers/promises";
import { type Context, systemContext } from "../../src/storage/context.ts";
import type { BackendName } from "../storage/conformance.ts";
import { backends } from "./backends.ts";
import { check, checkByWriting } from "./checker.ts";
import { Child } from "./child-process.ts";
import { Client } from "./client.ts";
import { type ClientLog, clientLog, isWritten, type Line } from "./client-log.ts";
import { type Finding, finding } from "./finding.ts";
import { createNote } from "./load-operations.ts";
import { formerSpecs } from "./notes.ts";
import { type Managers, openManagers } from "./open-managers.ts";
import type { Order } from "./order.ts";
import { usedBlobs } from "./rules/blobs.ts";

const later = { ...systemContext, now: () => Date.now() + 26 * 60 * 60 * 1000 };
/** Far longer than a sweep takes: the machine may be busy. */
const sweepMs = 60_000;

/** Where a storage lies, the processes that work on it, and all that its clients were ever told. */
export class Place {
  readonly backend: BackendName;
  readonly at: string;
  readonly #lines: Line[] = [];
  #names = 0;

  private constructor(backend: BackendName, at: string) {
    this.backend = backend;
    this.at = at;
  }

  static async make(backend: BackendName): Promise<Place> {
    return new Place(backend, await backends[backend].make());
  }

  /** A place that somebody else has made. */
  static of(backend: BackendName, at: string): Place {
    return new Place(backend, at);
  }

  start(order: Partial<Order> = {}, command: readonly string[] = []): Child {
    this.#names += 1;
    const name = `p${this.#names}`;
    const usual = { seed: this.#names, workers: 8, shared: `shared${Math.ceil(this.#names / 4)}`, load: "mixed" as const };
    return new Child({ ...usual, at: this.at, ...order, backend: this.backend, name }, this.#lines, command);
  }

  get log(): ClientLog {
    return clientLog(this.#lines);
  }

  get written(): number {
    return this.log.attempts.filter(isWritten).length;
  }

  /** Has many notes written by the version of the program before. */
  async fillFormer(notes: number): Promise<void> {
    this.#names += 1;
    const client = new Client(`former${this.#names}`, (line) => this.#lines.push(line));
    const managers = await openManagers(await backends[this.backend].open(this.at), systemContext, formerSpecs);
    const each = async () => {
      for (; notes > 0; notes--) await createNote(client, managers);
    };
    await Promise.all(Array.from({ length: 64 }, each));
    await managers.close();
  }

  /** Opens what the processes have left, and proves that it is whole. None of them may be running. */
  check(): Promise<Finding[]> {
    this.#names += 1;
    const client = new Client(`check${this.#names}`, (line) => this.#lines.push(line));
    return this.#opened(undefined, async (managers) => [
      ...(await check(managers, this.log)),
      ...(await checkByWriting(managers, this.log, client)),
    ]);
  }

  /** A storage that cannot even be opened and read is a finding as well. */
  async #opened(context: Context | undefined, work: (managers: Managers) => Promise<Finding[]>): Promise<Finding[]> {
    try {
      const managers = await openManagers(await backends[this.backend].open(this.at, context));
      try {
        const unready = (await managers.storage.schema.filled()).map(({ field }) => finding("stuck", `${field} is never filled`));
        return unready.length > 0 ? unready : await work(managers);
      } finally {
        await managers.close();
      }
    } catch (thrown) {
      return [finding("stuck", `it cannot be checked: ${thrown}`)];
    }
  }

  /** Opens it when all that crashed writes have left is old enough to be swept: nothing may stay but what revisions use. */
  checkBytes(): Promise<Finding[]> {
    return this.#opened(later, async (managers) => {
      const used = await usedBlobs(managers.storage);
      const left = async () => {
        const { strays, blobs } = await backends[this.backend].bytes(this.at);
        return [...strays, ...blobs.filter((hash) => !used.has(hash)).map((hash) => `blob ${hash}`)];
      };
      const deadline = performance.now() + sweepMs;
      let names = await left();
      for (; names.length > 0 && performance.now() < deadline; names = await left()) await setTimeout(100);
      // Once more: a sweep has taken nothing that is needed, and some storages have begun anew on other disks.
      const findings = await check(managers, this.log, { swept: true });
      return [...findings, ...names.map((name) => finding("orphan", `${name} is kept and nothing refers to it`))];
    });
  }

  remove(): Promise<void> {
    return backends[this.backend].remove(this.at);
  }
}
