import type { Context } from "../../storage/context.ts";
import {
  type ClaimedMessage,
  type DeadRow,
  type MessageRow,
  type MessageRows,
  neverSettled,
  type SettledMessage,
} from "../../storage/message-rows.ts";
import { claimedOf, deadOf, sorted } from "../sql/message-sql.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

const waiting = "consumer is null and died_at is null";
const listed = "select value from json_each(?)";
/** Waits again, or is dead where it was claimed as often as the limit: takes limit, instant, limit. */
const givenBack = `update specstar_message set consumer = null, died_at = case when deliveries >= ? then ? end,
  reason = case when deliveries >= ? then '${neverSettled}' || deliveries end`;

const statementsOf = (connection: SqliteConnection) => ({
  put: connection.prepareWrite(
    `insert into specstar_message (queue, id, deliveries, body)
    select ?, value ->> 0, 0, value ->> 1 from json_each(?) order by key`,
  ),
  join: connection.prepareWrite("insert into specstar_consumer (id, until) values (?, ?)"),
  extend: connection.prepareRead("update specstar_consumer set until = ? where id = ? returning id"),
  leave: connection.prepareWrite("delete from specstar_consumer where id = ?"),
  over: connection.prepareRead("select 1 from specstar_consumer where until <= ? limit 1"),
  end: connection.prepareWrite("delete from specstar_consumer where until <= ?"),
  giveBack: connection.prepareWrite(`${givenBack} where consumer = ?`),
  giveAllBack: connection.prepareWrite(`${givenBack} where consumer is not null and consumer not in (select id from specstar_consumer)`),
  isWaiting: connection.prepareRead(`select 1 from specstar_message where queue = ? and ${waiting} limit 1`),
  claim: connection.prepareRead(
    `update specstar_message set consumer = c.id, deliveries = deliveries + 1 from specstar_consumer c
    where c.id = ? and place in (select place from specstar_message where queue = ? and ${waiting} order by place limit ?)
    returning place, specstar_message.id, body, deliveries`,
  ),
  ack: connection.prepareWrite(`delete from specstar_message where place in (${listed}) and consumer = ?`),
  requeue: connection.prepareWrite(`update specstar_message set consumer = null where place in (${listed}) and consumer = ?`),
  die: connection.prepareWrite("update specstar_message set consumer = null, died_at = ?, reason = ? where place = ? and consumer = ?"),
  depth: connection.prepareRead(
    `select (select count(*) from specstar_message where queue = q.name and ${waiting}),
    (select count(*) from specstar_message where queue = q.name and died_at is not null) from (select ? name) q`,
  ),
  dead: connection.prepareRead(
    "select id, body, reason, died_at from specstar_message where queue = ? and died_at is not null order by died_at, place limit ?",
  ),
  requeueAll: connection.prepareWrite(
    "update specstar_message set died_at = null, reason = null, deliveries = 0 where queue = ? and died_at is not null",
  ),
  requeueChosen: connection.prepareWrite(
    `update specstar_message set died_at = null, reason = null, deliveries = 0 where queue = ? and died_at is not null and id in (${listed})`,
  ),
});

/** Messages' rows in SQLite. Where there is nothing to do nothing is written: a journal would keep even that. */
export class SqliteMessageRows implements MessageRows {
  readonly #connection: SqliteConnection;
  readonly #context: Context;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#statements = statementsOf(connection);
  }

  async put(queue: string, messages: readonly MessageRow[]): Promise<void> {
    const rows = JSON.stringify(messages.map(({ id, body }) => [id, body]));
    await this.#connection.write(() => this.#statements.put.run(queue, rows));
  }

  async join(consumer: string, leaseMs: number): Promise<void> {
    await this.#connection.write(() => this.#statements.join.run(consumer, this.#context.now() + leaseMs));
  }

  extend(consumer: string, leaseMs: number): Promise<boolean> {
    return this.#connection.write(() => this.#statements.extend.all(this.#context.now() + leaseMs, consumer).length === 1);
  }

  async leave(consumer: string, deliveryLimit: number): Promise<void> {
    const { leave, giveBack } = this.#statements;
    await this.#connection.write(() =>
      this.#connection.transaction(() => {
        leave.run(consumer);
        giveBack.run(deliveryLimit, this.#context.now(), deliveryLimit, consumer);
      }),
    );
  }

  async release(deliveryLimit: number): Promise<number> {
    const { over, end, giveAllBack } = this.#statements;
    const now = this.#context.now();
    if ((await this.#connection.read(() => over.get(now))) === undefined) return 0;
    return this.#connection.write(() =>
      this.#connection.transaction(() => {
        end.run(now);
        return giveAllBack.run(deliveryLimit, now, deliveryLimit).changes;
      }),
    );
  }

  async claim(queue: string, consumer: string, limit: number): Promise<readonly ClaimedMessage[]> {
    const { isWaiting, claim } = this.#statements;
    if ((await this.#connection.read(() => isWaiting.get(queue))) === undefined) return [];
    return sorted((await this.#connection.write(() => claim.all(consumer, queue, limit))).map(claimedOf));
  }

  async settle(consumer: string, settled: readonly SettledMessage[]): Promise<void> {
    await this.#connection.write(() => this.#connection.transaction(() => this.#settle(consumer, settled)));
  }

  #settle(consumer: string, settled: readonly SettledMessage[]): void {
    const { ack, requeue, die } = this.#statements;
    const places = (as: "ack" | "requeue") => settled.flatMap((each) => (each.as === as ? [each.place] : []));
    const [acked, requeued] = [places("ack"), places("requeue")];
    if (acked.length > 0) ack.run(JSON.stringify(acked), consumer);
    if (requeued.length > 0) requeue.run(JSON.stringify(requeued), consumer);
    for (const { place, as } of settled) if (typeof as !== "string") die.run(this.#context.now(), as.dead, place, consumer);
  }

  depth(queue: string): Promise<{ readonly waiting: number; readonly dead: number }> {
    return this.#connection.read(() => {
      const [waiting, dead] = this.#statements.depth.get(queue) ?? [];
      return { waiting: Number(waiting), dead: Number(dead) };
    });
  }

  dead(queue: string, limit: number): Promise<readonly DeadRow[]> {
    return this.#connection.read(() => this.#statements.dead.all(queue, limit).map(deadOf));
  }

  requeueDead(queue: string, ids?: readonly string[]): Promise<number> {
    const { requeueAll, requeueChosen } = this.#statements;
    return this.#connection.write(() => (ids ? requeueChosen.run(queue, JSON.stringify(ids)) : requeueAll.run(queue)).changes);
  }

  /** Other processes are not heard of: who waits looks from time to time. */
  watch(): () => void {
    return () => {};
  }
}
