import type { PostgresConnection } from "./postgres-connection.ts";

// Each transaction leaves a token, so that whoever has lost the answer to its commit can ask what came of it. How old tokens
// are is told by the clock of the database, because those of processes differ. Below zero: the transaction was given up.

const keptMs = 60 * 60 * 1000;
/** Whoever asks later than this may find that a token is gone which was there. Half: clocks run at different rates. */
export const askedForMs = keptMs / 2;

const now = "(extract(epoch from statement_timestamp()) * 1000)::bigint";

/** @param token of the statement: `$1` */
export const keepTokenSql = (token: string): string => `insert into specstar_batch (token, at) values (${token}, ${now})`;

export const dropTokens = `delete from specstar_batch where token in (
  select token from specstar_batch where at between ${keptMs} - ${now} and ${now} - ${keptMs} order by at limit 256 for update skip locked)`;

const giveUp = `insert into specstar_batch (token, at) values ($1, -${now}) on conflict do nothing`;
const look = "select (at > 0)::int from specstar_batch where token = $1";

/**
 * Whether the transaction with this token was committed; if not, it never will be, because its token is taken. One that is
 * still under way is waited for. The answer to giving up may be lost too, so the row itself is asked.
 */
export function wasCommitted(connection: PostgresConnection, token: string): Promise<boolean> {
  return connection.write(async (client) => {
    await client.query(connection.query({ text: giveUp, values: [token] }));
    const { rows } = await client.query<unknown[]>(connection.query({ text: look, values: [token] }));
    return rows[0]?.[0] === 1;
  });
}
