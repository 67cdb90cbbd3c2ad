import { setTimeout } from "node:timers/promises";
import { columnLabel } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { FieldProgress } from "../../storage/stored-schema.ts";
import { anew, type Cursor, ended, type FillConnection, fillBatch, moveCursor, type ReadBytes } from "./fill-batch.ts";
import { columnsReady } from "./known-history.ts";
import type { Fill, KnownSpecs } from "./known-specs.ts";
import type { ResourceRows, Row } from "./resource-rows.ts";
import { type Sql, sql } from "./sql-text.ts";

/** A database, as far as its columns are to be filled. */
export interface FillDatabase {
  all(query: Sql): Promise<readonly Row[]>;
  /** Lends a connection for one step; undefined while another process is at it. */
  turn<Answer>(rows: ResourceRows, work: (connection: FillConnection) => Promise<Answer>): Promise<Answer | undefined>;
  /** Makes the indexes that are lacking, while others write. False while another process is at it. */
  makeIndexes(rows: ResourceRows): Promise<boolean>;
  close(): Promise<void>;
}

const busyMs = 100;
const failedMs = { shortest: 100, longest: 10_000 };
const none: readonly FieldProgress[] = [];

/**
 * Fills the columns of a store in the background, table by table. What fails is tried again, with pauses. Any number of
 * processes may do so at once: a step is one transaction that moves the cursor in the database, and only from where it was.
 */
export class Filler {
  readonly #database: FillDatabase;
  readonly #readBytes: ReadBytes;
  readonly #context: Context;
  /** What is left, as far as this process knows. */
  readonly #fills = new Map<ResourceRows, Fill>();
  readonly #closing = new AbortController();
  #progress: readonly FieldProgress[] = none;
  #failure: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(database: FillDatabase, resources: readonly ResourceRows[], known: KnownSpecs, context: Context, readBytes: ReadBytes) {
    this.#database = database;
    this.#context = context;
    this.#readBytes = readBytes;
    for (const rows of resources) this.#note(rows, known.get(rows.table)?.fill);
  }

  start(): void {
    this.#running = this.#run();
  }

  progress(): readonly FieldProgress[] {
    const failure = this.#failure;
    return failure === undefined ? this.#progress : this.#progress.map((each) => ({ ...each, failure }));
  }

  async filled(): Promise<readonly FieldProgress[]> {
    // The pause after a failure keeps no process alive; who waits for the end does.
    const awake = setInterval(() => {}, failedMs.longest);
    await this.#running.finally(() => clearInterval(awake));
    return this.progress();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#database.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const rows of [...this.#fills.keys()]) await this.#fillTable(rows);
    await this.#database.close().catch(() => {});
  }

  async #fillTable(rows: ResourceRows): Promise<void> {
    const { signal } = this.#closing;
    let first = true;
    for (let failed = 0; !signal.aborted; ) {
      try {
        const more = await this.#step(rows, first);
        if (more === "no") return;
        if (more === "yes") first = false;
        failed = 0;
        this.#failure = undefined;
        // Others have their turn in between, also where nothing has to be waited for.
        await setTimeout(more === "busy" ? busyMs : 0, undefined, { signal }).catch(() => {});
      } catch (thrown) {
        this.#failure = thrown instanceof Error ? thrown.message : String(thrown);
        const waitMs = Math.min(failedMs.shortest * 2 ** failed, failedMs.longest) * (0.5 + this.#context.random());
        failed += 1;
        await setTimeout(waitMs, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  /** One step. What had stopped before this process came begins anew with its `first`. */
  async #step(rows: ResourceRows, first: boolean): Promise<"yes" | "no" | "busy"> {
    const cursor = await this.#cursor(rows);
    if (!cursor) return "no";
    const { fill } = cursor;
    this.#note(rows, fill);
    if (fill.phase === "stopped" && !first) return "no";
    if (fill.phase === "index" && !(await this.#database.makeIndexes(rows))) return "busy";
    const moved = await this.#database.turn(rows, (connection) => this.#move(connection, rows, cursor));
    if (!moved) return "busy";
    this.#note(rows, moved.fill);
    crashPoint("after-fill-batch");
    return moved.fill && moved.fill.phase !== "stopped" ? "yes" : "no";
  }

  async #move(connection: FillConnection, rows: ResourceRows, cursor: Cursor): Promise<{ readonly fill: Fill | undefined } | undefined> {
    const { text, fill } = cursor;
    if (fill.phase === "fill") {
      const next = await fillBatch(connection, rows, cursor, this.#readBytes);
      return next && { fill: next };
    }
    const next = fill.phase === "index" ? ended(fill) : anew(fill);
    const ready = fill.phase === "index" ? fill.columns.filter((column) => !next?.columns.includes(column)) : [];
    crashPoint("before-fields-ready");
    const moved = () => moveCursor(rows, text, next, columnsReady(rows, ready, this.#context.now()));
    return (await connection.write(moved)) ? { fill: next } : undefined;
  }

  /** Undefined where there is nothing to do: all is filled, or another process has opened the store with another spec. */
  async #cursor(rows: ResourceRows): Promise<Cursor | undefined> {
    const [row] = await this.#database.all(sql`select hash, fill from specstar_spec where name = ${rows.table}`);
    const [hash, text] = row ?? [];
    if (hash !== rows.hash) {
      const known = this.#fills.get(rows);
      this.#note(rows, known && { ...known, phase: "stopped" });
      return undefined;
    }
    if (typeof text === "string") return { text, fill: JSON.parse(text) };
    this.#note(rows, undefined);
    return undefined;
  }

  #note(rows: ResourceRows, fill: Fill | undefined): void {
    if (fill) this.#fills.set(rows, fill);
    else this.#fills.delete(rows);
    this.#progress = this.#fills.size === 0 ? none : [...this.#fills].flatMap(([of, each]) => progressOf(of, each));
  }
}

function progressOf({ spec }: ResourceRows, { columns, phase, done, total, unfit, unfitId, conflicts }: Fill): readonly FieldProgress[] {
  return columns.map((name) => {
    const found = conflicts.find(({ column }) => column === name);
    return {
      resource: spec.name,
      ...fieldOf(spec, name),
      done,
      total,
      unfit,
      ...(unfitId === undefined ? {} : { unfitId }),
      conflicts: found?.count ?? 0,
      conflicting: found?.first ?? [],
      stopped: phase === "stopped",
    };
  });
}

function fieldOf({ stored }: ResourceSpec, name: string): Pick<FieldProgress, "field" | "column"> {
  const column = stored.find((each) => each.name === name);
  if (!column) return { field: name };
  return { field: columnLabel(column), ...(column.claim || column.scattered ? { column: name } : {}) };
}
