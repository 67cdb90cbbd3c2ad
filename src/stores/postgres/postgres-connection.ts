import pg from "pg";
import type { Row } from "../sql/resource-rows.ts";
import { type Bind, quoted, type Sql } from "../sql/sql-text.ts";
import { sendTogether } from "./send-together.ts";

export interface PostgresAddress {
  /** `postgres://user:password@host:port/database` */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | (() => string | Promise<string>) | undefined;
  readonly ssl?: pg.ClientConfig["ssl"];
}

/** All in milliseconds. */
export interface PostgresTimeouts {
  /** To connect, and to get a connection of the pool (default 5 000). */
  readonly connectMs?: number;
  /** For one statement (default 30 000). */
  readonly statementMs?: number;
  /** To wait for another transaction (default 5 000). */
  readonly lockMs?: number;
  /** For a transaction that does nothing, as of a process that hangs: then others may go on (default 10 000). */
  readonly idleInTransactionMs?: number;
}

export interface PostgresSettings {
  readonly address: PostgresAddress;
  /** PostgreSQL schema (default `specstar`). */
  readonly schema: string;
  /** Connections for reading (default 8). Three more write, and one listens and numbers the feed. */
  readonly pool: number;
  readonly timeouts: Required<PostgresTimeouts>;
}

/** What is written is found by its key, whatever statistics say of tables that have just been filled; so a plan is made once. */
const byKey = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

/**
 * Documents that are longer than a row may be are compressed by the server. Its own way takes most of the time of such a write;
 * lz4 takes a third of it and half as much space again. Where the server was told which way to take, that stands.
 */
const quickCompression = `select set_config(name, 'lz4', false) from pg_settings
  where name = 'default_toast_compression' and source = 'default' and 'lz4' = any(enumvals)`;

/** A value or, for `unnest`, a list of values. */
export type Parameter = Bind | boolean | readonly (Bind | boolean)[];

/** A statement with `$1`, `$2` … */
export interface Statement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

/** Runs a statement: in one transaction, or on any connection. */
export type Run = (statement: Statement) => Promise<readonly Row[]>;

const { INT8, JSON: json, JSONB } = pg.types.builtins;
/** All our integers are safe in JavaScript; JSON is decoded where its column is known. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : oid === json || oid === JSONB ? String : pg.types.getTypeParser(oid, format),
};

/** Transactions that wait for the disk leave the processors to others. */
export const writers = 3;
const namedStatements = 500;

/** The connections of one store: some that read, some that write, and one that sees to the feed. */
export class PostgresConnection {
  readonly settings: PostgresSettings;
  readonly #reading: pg.Pool;
  readonly #writing: pg.Pool;
  readonly #names = new Map<string, string>();
  readonly #texts = new Map<string, string>();

  constructor(settings: PostgresSettings) {
    this.settings = settings;
    this.#reading = this.#pool({ max: settings.pool }, this.greeting);
    this.#writing = this.#pool({ max: writers }, `${this.greeting}; ${byKey}; ${quickCompression}`);
  }

  get config(): pg.ClientConfig {
    const { address, timeouts } = this.settings;
    const { url: connectionString, ...parts } = address;
    return {
      ...parts,
      connectionString,
      application_name: "specstar",
      keepAlive: true,
      connectionTimeoutMillis: timeouts.connectMs,
      statement_timeout: timeouts.statementMs,
      lock_timeout: timeouts.lockMs,
      idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
      // A server that hangs does not keep its own timeouts.
      query_timeout: timeouts.statementMs + timeouts.connectMs,
      types,
    };
  }

  /** What every session begins with. Never off by somebody's default: durability, and the schema that names stand for. */
  get greeting(): string {
    return `set synchronous_commit = on; set jit = off; set search_path = ${quoted(this.settings.schema)}; set default_transaction_isolation = 'read committed'`;
  }

  #pool(options: pg.PoolConfig, greeting: string): pg.Pool {
    const pool = new pg.Pool({
      ...this.config,
      ...options,
      pipeline: true,
      idleTimeoutMillis: 60_000,
      onConnect: async (client) => {
        // Who uses a client that breaks hears it from its query; without a listener the process would end.
        client.on("error", () => {});
        await client.query(greeting);
      },
    });
    // An idle connection that broke is no longer in the pool; the next query opens another one.
    pool.on("error", () => {});
    return pool;
  }

  /** One read, on any connection. */
  async all(query: Sql): Promise<readonly Row[]> {
    return this.read(this.numbered(query));
  }

  async read(statement: Statement): Promise<readonly Row[]> {
    const { rows } = await this.#reading.query<Row & unknown[]>(this.query(statement));
    return rows;
  }

  /** Answers several queries from one state of the database. Those that are not awaited one by one share a round trip. */
  async view<Answer>(work: (all: (query: Sql) => Promise<readonly Row[]>, run: Run) => Promise<Answer>): Promise<Answer> {
    const client = await this.#reading.connect();
    let broken: Error | boolean = true;
    try {
      sendTogether(client);
      const begun = client.query("begin isolation level repeatable read read only");
      begun.catch(() => {});
      const run: Run = async (statement) => {
        sendTogether(client);
        const [, { rows }] = await Promise.all([begun, client.query<Row & unknown[]>(this.query(statement))]);
        return rows;
      };
      const answer = await work((query) => run(this.numbered(query)), run);
      await begun;
      // Nothing depends on it: whoever is next sends behind it.
      client.query("commit").catch(() => {});
      broken = false;
      return answer;
    } finally {
      client.release(broken);
    }
  }

  /** Work that has a writing connection to itself. Statements that are not awaited one by one share a round trip. */
  async write<Answer>(work: (client: pg.PoolClient) => Promise<Answer>): Promise<Answer> {
    const client = await this.#writing.connect();
    let broken = true;
    try {
      const answer = await work(client);
      broken = false;
      return answer;
    } finally {
      client.release(broken);
    }
  }

  /** How the driver is given a statement: rows as lists, and prepared under a name as long as there are not too many. */
  query({ text, values }: Statement): pg.QueryArrayConfig<unknown[]> {
    let name = this.#names.get(text);
    if (name === undefined && this.#names.size < namedStatements) {
      name = `specstar_${this.#names.size}`;
      this.#names.set(text, name);
    }
    return { text, values: [...values], rowMode: "array", ...(name === undefined ? {} : { name }) };
  }

  /** `?` to `$1`, `$2` …: no text of ours holds a question mark otherwise. */
  #numbered(text: string): string {
    let numbered = this.#texts.get(text);
    if (numbered === undefined) {
      let count = 0;
      numbered = text.replaceAll("?", () => {
        count += 1;
        return `$${count}`;
      });
      if (this.#texts.size < 2 * namedStatements) this.#texts.set(text, numbered);
    }
    return numbered;
  }

  numbered(query: Sql): Statement {
    return { text: this.#numbered(query.text), values: query.values };
  }

  async close(): Promise<void> {
    await Promise.all([this.#reading.end(), this.#writing.end()]);
  }
}
