import { fail, SpecStarError } from "../../errors.ts";
import {
  type ClaimedMessage,
  type DeadRow,
  type MessageRow,
  type MessageRows,
  neverSettled,
  type SettledMessage,
} from "../../storage/message-rows.ts";
import { claimedOf, deadOf, sorted } from "../sql/message-sql.ts";
import type { Row } from "../sql/resource-rows.ts";
import { shortName } from "../sql/sql-text.ts";
import type { PostgresConnection, PostgresSettings, Statement } from "./postgres-connection.ts";
import { converted, isRefusal } from "./postgres-errors.ts";
import { Pipeline } from "./postgres-pipeline.ts";

/** The server's own clock: those of the processes may differ. */
const now = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
const waiting = "consumer is null and died_at is null";
const reset = "died_at = null, reason = null, deliveries = 0";

const put = `with made as (insert into specstar_message (queue, id, deliveries, body)
  select $1::text, u.id, 0, u.body from unnest($2::text[], $3::text[]) with ordinality u (id, body, number) order by u.number returning 1)
  select count(*), pg_notify($4, '') from made`;
const join = `insert into specstar_consumer (id, until) values ($1, ${now} + $2)`;
const extend = `update specstar_consumer set until = ${now} + $2 where id = $1 returning id`;
const leave = "delete from specstar_consumer where id = $1";
const end = `delete from specstar_consumer where until <= ${now}`;
// Ids of consumers are never used again: whoever claims these rows meanwhile has another one, and keeps them.
const ended = `select distinct m.consumer from specstar_message m
  where m.consumer is not null and not exists (select 1 from specstar_consumer c where c.id = m.consumer)`;
const giveBack = `update specstar_message set consumer = null, died_at = case when deliveries >= $2::int then ${now} end,
  reason = case when deliveries >= $2 then '${neverSettled}' || deliveries end where consumer = any($1::text[]) returning place`;
const claim = `update specstar_message set consumer = $1, deliveries = deliveries + 1
  where place = any(array(select place from specstar_message where queue = $2 and ${waiting} order by place limit $3 for update skip locked))
  and exists (select 1 from specstar_consumer where id = $1) returning place, id, body, deliveries`;
const ack = "delete from specstar_message where place = any($1::bigint[]) and consumer = $2";
const requeue = "update specstar_message set consumer = null where place = any($1::bigint[]) and consumer = $2";
const die = `update specstar_message m set consumer = null, died_at = ${now}, reason = u.reason
  from unnest($1::bigint[], $2::text[]) u (place, reason) where m.place = u.place and m.consumer = $3`;
const depth = `select (select count(*) from specstar_message where queue = $1 and ${waiting}),
  (select count(*) from specstar_message where queue = $1 and died_at is not null)`;
const dead =
  "select id, body, reason, died_at from specstar_message where queue = $1 and died_at is not null order by died_at, place limit $2";
const requeueDead = `update specstar_message set ${reset}
  where queue = $1 and died_at is not null and ($2::text[] is null or id = any($2)) returning place`;

/** Rows come and go: what has gone is in the way of every look at what waits. */
const vacuum = "vacuum (skip_locked, truncate false) specstar_message";
const settledBetweenVacuums = 20_000;

/** Where processes are told that messages wait. */
export const messageChannel = ({ schema }: PostgresSettings): string => shortName(`specstar messages ${schema}`);

/** Where the server has not refused it, it may have put it. */
function unknownOutcome(thrown: unknown): never {
  if (!(thrown instanceof SpecStarError) || thrown.code !== "UNAVAILABLE" || isRefusal(thrown.cause)) throw thrown;
  throw fail("UNAVAILABLE", `${thrown.message}. Whether the messages were put is unknown`, { reason: "outcome unknown" }, thrown.cause);
}

/** Messages' rows in PostgreSQL: who claims passes by what others are claiming. */
export class PostgresMessageRows implements MessageRows {
  readonly #connection: () => PostgresConnection;
  readonly #watching = new Set<() => void>();
  #settled = 0;

  constructor(connection: () => PostgresConnection) {
    this.#connection = connection;
  }

  async put(queue: string, messages: readonly MessageRow[]): Promise<void> {
    const columns = [messages.map(({ id }) => id), messages.map(({ body }) => body)] as const;
    await this.#write((connection) => ({ text: put, values: [queue, ...columns, messageChannel(connection.settings)] })).catch(
      unknownOutcome,
    );
  }

  async join(consumer: string, leaseMs: number): Promise<void> {
    await this.#write(() => ({ text: join, values: [consumer, leaseMs] }));
  }

  async extend(consumer: string, leaseMs: number): Promise<boolean> {
    return (await this.#write(() => ({ text: extend, values: [consumer, leaseMs] }))).length === 1;
  }

  async leave(consumer: string, deliveryLimit: number): Promise<void> {
    await this.#transaction(async (pipeline) => {
      void pipeline.send({ text: leave, values: [consumer] });
      void pipeline.send({ text: giveBack, values: [[consumer], deliveryLimit] });
      await pipeline.commit();
    });
  }

  async release(deliveryLimit: number): Promise<number> {
    await this.#write(() => ({ text: end, values: [] }));
    const consumers = (await this.#write(() => ({ text: ended, values: [] }))).map(([consumer]) => String(consumer));
    if (consumers.length === 0) return 0;
    return (await this.#write(() => ({ text: giveBack, values: [consumers, deliveryLimit] }))).length;
  }

  async claim(queue: string, consumer: string, limit: number): Promise<readonly ClaimedMessage[]> {
    return sorted((await this.#write(() => ({ text: claim, values: [consumer, queue, limit] }))).map(claimedOf));
  }

  async settle(consumer: string, settled: readonly SettledMessage[]): Promise<void> {
    const places = (as: "ack" | "requeue") => settled.flatMap((each) => (each.as === as ? [each.place] : []));
    const [acked, requeued] = [places("ack"), places("requeue")];
    const died = settled.flatMap(({ place, as }) => (typeof as === "string" ? [] : [{ place, reason: as.dead }]));
    const statements: Statement[] = [
      ...(acked.length > 0 ? [{ text: ack, values: [acked, consumer] }] : []),
      ...(requeued.length > 0 ? [{ text: requeue, values: [requeued, consumer] }] : []),
      ...(died.length > 0 ? [{ text: die, values: [died.map(({ place }) => place), died.map(({ reason }) => reason), consumer] }] : []),
    ];
    await this.#transaction(async (pipeline) => {
      for (const statement of statements) void pipeline.send(statement);
      await pipeline.commit();
    });
    this.#settled += settled.length;
    if (this.#settled < settledBetweenVacuums) return;
    this.#settled = 0;
    // What is settled stays settled, whatever becomes of this.
    await converted(() => this.#connection().write((client) => client.query(vacuum))).catch(() => {});
  }

  depth(queue: string): Promise<{ readonly waiting: number; readonly dead: number }> {
    return converted(async () => {
      const [row = []] = await this.#connection().read({ text: depth, values: [queue] });
      return { waiting: Number(row[0]), dead: Number(row[1]) };
    });
  }

  dead(queue: string, limit: number): Promise<readonly DeadRow[]> {
    return converted(async () => (await this.#connection().read({ text: dead, values: [queue, limit] })).map(deadOf));
  }

  async requeueDead(queue: string, ids?: readonly string[]): Promise<number> {
    return (await this.#write(() => ({ text: requeueDead, values: [queue, ids ?? null] }))).length;
  }

  watch(onPut: () => void): () => void {
    this.#watching.add(onPut);
    return () => this.#watching.delete(onPut);
  }

  /** The server says that somebody has put messages, or may have said so unheard. */
  heard(): void {
    for (const onPut of this.#watching) onPut();
  }

  /** On a connection that goes by indexes, whatever statistics say of a table that was empty a moment ago. */
  #write(make: (connection: PostgresConnection) => Statement): Promise<readonly Row[]> {
    return converted(async () => {
      const connection = this.#connection();
      return connection.write(async (client) => (await client.query<Row & unknown[]>(connection.query(make(connection)))).rows);
    });
  }

  #transaction(work: (pipeline: Pipeline) => Promise<void>): Promise<void> {
    return converted(async () => {
      const connection = this.#connection();
      await connection.write((client) => work(new Pipeline(connection, client)));
    });
  }
}
