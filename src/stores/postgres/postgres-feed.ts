import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { FeedRetention } from "../../storage/feed-retention.ts";
import type { ChangeRow, FeedQuery, StoreState } from "../../storage/rows.ts";
import { changeOf, type Row } from "../sql/resource-rows.ts";
import { dropOldFeedSql } from "../sql/shared-tables.ts";
import { allOf, type Sql, shortName, sql } from "../sql/sql-text.ts";
import { dropTokens } from "./commit-tokens.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { messageChannel } from "./postgres-message-rows.ts";
import { sendTogether } from "./send-together.ts";

/** Rows that get their positions in one transaction. */
const numberedAtOnce = 2000;
/** Rows between two looks for old tokens of commits: there are no more tokens than rows. */
const numberedBetweenTokens = 64;
const reconnectMs = { shortest: 50, longest: 2000 };

const columns = 'type, id, kind, revision, previous, version, at, "by"';

/** Whoever holds the row of the head gives positions, one process at a time; what others have given is seen only behind the lock. */
const hold = "select position from specstar_head where id = 1 for update";
const number = `with
  taken as (delete from specstar_waiting where ctid = any(array(select ctid from specstar_waiting order by place limit ${numberedAtOnce})) returning *),
  given as (insert into specstar_feed (position, ${columns})
    select h.position + row_number() over (order by t.place), t.type, t.id, t.kind, t.revision, t.previous, t.version, t.at, t."by"
    from taken t cross join (select position from specstar_head where id = 1) h returning 1),
  moved as (update specstar_head set position = position + (select count(*) from taken) where id = 1)
  select count(*), case when count(*) > 0 then pg_notify($1, '') end from given`;

/** Rows come and go: what has gone is in the way of every look at what is waiting. */
const vacuum = "vacuum (skip_locked, truncate false) specstar_waiting";
const numberedBetweenVacuums = 10_000;

/** Commits that nobody waits for are numbered together, so many milliseconds apart. */
const pauseMs = 10;

/**
 * Gives feed rows their positions, after they were committed, in an order that no reader ever sees change; and hears, on the
 * same connection of its own, when any process has done so. If the process ends in between, any other one goes on.
 */
export class PostgresFeed {
  readonly #connection: PostgresConnection;
  readonly #context: Context;
  readonly #retention: FeedRetention;
  readonly #channel: string;
  readonly #onMessages: () => void;
  #onChange: () => void = () => {};
  #client: Promise<pg.Client> | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #numberedAt = Number.NEGATIVE_INFINITY;
  #sinceVacuum = 0;
  #sinceTokens = numberedBetweenTokens;
  readonly #closing = new AbortController();

  /** @param onMessages called when there may be new messages: they share the connection that hears of changes */
  constructor(connection: PostgresConnection, context: Context, retention: FeedRetention, onMessages: () => void) {
    this.#connection = connection;
    this.#onMessages = onMessages;
    this.#context = context;
    this.#retention = retention;
    this.#channel = shortName(`specstar ${connection.settings.schema}`);
  }

  /** `onChange` is called when there may be new rows, whoever wrote them. */
  async start(onChange: () => void): Promise<void> {
    this.#onChange = onChange;
    await this.#connected();
  }

  /** Numbers in the background what was just committed; if that fails, the next reader does it. */
  numberSoon(): void {
    const pause = this.#numberedAt + pauseMs - performance.now();
    if (pause <= 0) this.#numbered().catch(() => {});
    else this.#soon ??= setTimeout(() => this.#numbered().catch(() => {}), pause).unref();
  }

  async changes({ after, limit, types, id }: FeedQuery): Promise<readonly ChangeRow[]> {
    await this.#numberWaiting();
    const conditions: Sql[] = [sql`position > ${after}`];
    if (id !== undefined) conditions.push(sql`id = ${id}`);
    if (types) conditions.push(sql`type in (select value from jsonb_array_elements_text(${JSON.stringify(types)}) e (value))`);
    const rows = await this.#connection.all(
      sql`select position, type, id, kind, revision, previous, version, at, "by" from specstar_feed where ${allOf(conditions)} order by position limit ${limit}`,
    );
    return rows.map(changeOf);
  }

  /** Read anew each time: whoever restores a backup gives the store another epoch. */
  async state(): Promise<StoreState> {
    await this.#numberWaiting();
    const [row] = await this.#connection.all(
      sql`select s.epoch, s.secret, h.position, (select min(position) from specstar_feed) from specstar_state s, specstar_head h where s.id = 1 and h.id = 1`,
    );
    if (!row) throw fail("UNAVAILABLE", "The store has lost its state. Restore it from a backup");
    const [epoch, secret, head, oldest] = row;
    return {
      epoch: String(epoch),
      secret: secret instanceof Uint8Array ? new Uint8Array(secret) : new Uint8Array(),
      head: Number(head),
      tail: Number(oldest ?? 1) - 1,
    };
  }

  /** What is committed is in the feed for every later reader, also if whoever wrote it died before it was numbered. */
  async #numberWaiting(): Promise<void> {
    const [waiting] = await this.#connection.all(sql`select 1 from specstar_waiting order by place limit 1`);
    if (waiting) await this.#numbered();
  }

  /** Resolves when all that is committed now has a position. One that is under way may have begun too early. */
  #numbered(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#number().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#numbered();
      });
    return this.#next;
  }

  async #number(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    crashPoint("before-sequence");
    const client = await this.#connected();
    let count: number;
    do {
      count = await this.#numberSome(client);
      this.#numberedAt = performance.now();
      const old = this.#retention.due(count, this.#context.now());
      if (old !== undefined) await client.query({ text: dropOldFeedSql("$1"), values: [old] });
      this.#sinceTokens += count;
      if (this.#sinceTokens >= numberedBetweenTokens) {
        this.#sinceTokens = 0;
        await client.query(dropTokens);
      }
      this.#sinceVacuum += count;
      if (this.#sinceVacuum >= numberedBetweenVacuums) {
        this.#sinceVacuum = 0;
        await client.query(vacuum);
      }
    } while (count === numberedAtOnce);
    crashPoint("after-sequence");
  }

  /** Sent at once: nobody holds the head while a process thinks. */
  async #numberSome(client: pg.Client): Promise<number> {
    const numbered = this.#connection.query({ text: number, values: [this.#channel] });
    sendTogether(client);
    const [, , answer] = await Promise.all([
      client.query("begin"),
      client.query({ text: hold, name: "specstar_hold" }),
      client.query<Row & unknown[]>(numbered),
      client.query("commit"),
    ]);
    return Number(answer.rows[0]?.[0]);
  }

  #connected(): Promise<pg.Client> {
    if (this.#closing.signal.aborted) return Promise.reject(fail("UNAVAILABLE", "The store is closed"));
    this.#client ??= this.#connect().catch((thrown: unknown) => {
      this.#client = undefined;
      throw thrown;
    });
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#connection.config, pipeline: true });
    const lost = () => {
      client.removeListener("end", lost);
      this.#client = undefined;
      this.#following ??= this.#follow().finally(() => {
        this.#following = undefined;
      });
    };
    client.on("error", () => {});
    await client.connect();
    client.on("end", lost);
    client.on("notification", ({ channel }) => (channel === this.#channel ? this.#onChange() : this.#onMessages()));
    // Its tables are empty or nearly so, whatever statistics say: every look goes by an index.
    await client.query(`${this.#connection.greeting}; set enable_seqscan = off`);
    for (const channel of [this.#channel, messageChannel(this.#connection.settings)])
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    return client;
  }

  /** Comes back after the connection broke. What happened meanwhile nobody has heard. */
  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (let waitMs = reconnectMs.shortest; !signal.aborted; waitMs = Math.min(2 * waitMs, reconnectMs.longest)) {
      try {
        await wait(waitMs * (0.5 + this.#context.random()), undefined, { signal, ref: false });
        await this.#connected();
        this.#onChange();
        this.#onMessages();
        return;
      } catch {
        // Again, until it is there or the store is closed.
      }
    }
  }

  async close(): Promise<void> {
    // What is still waiting is numbered now, so that readers elsewhere are told; else the next reader would do it.
    if (this.#soon) await this.#numbered().catch(() => {});
    await this.#next?.catch(() => {});
    await this.#running?.catch(() => {});
    this.#closing.abort();
    await this.#following?.catch(() => {});
    const client = await this.#client?.catch(() => undefined);
    client?.removeAllListeners("end");
    await client?.end();
  }
}
