import type { Context } from "../../storage/context.ts";
import type { PostgresConnection, Statement } from "./postgres-connection.ts";
import { Pipeline } from "./postgres-pipeline.ts";
import { insist } from "./postgres-resource-writer.ts";

// A transaction that refers to keys and one that marks them exclude each other: neither would see what the other has not yet
// committed. Writers share their lock, and take it before any other, so that nobody waits in a circle.
const lock = "hashtextextended(current_schema() || '.specstar_swept', 0)";

export const holdKeys: Statement = { text: `select pg_advisory_xact_lock_shared(${lock})`, values: [] };

export const lookAtSwept = (keys: readonly string[]): Statement => ({
  text: "select key from specstar_swept where key = any($1::text[])",
  values: [keys],
});

export const insistOnUnswept = (keys: readonly string[]): Statement => ({
  text: `select ${insist("count(*) = 0")} from specstar_swept where key = any($1::text[])`,
  values: [keys],
});

const unreferenced = `select k.key from unnest($1::text[]) k (key)
  where not exists (select 1 from specstar_revision r where r.key = k.key)`;
const mark = `insert into specstar_swept (key, at) select u.key, $2::bigint from (${unreferenced}) u
  on conflict (key) do update set at = excluded.at returning key`;

/** See `MetaStore.condemn`. Where writers keep it waiting it gives up with TIMEOUT, because others wait behind it. */
export async function condemnKeys(connection: PostgresConnection, context: Context, keys: readonly string[]): Promise<readonly string[]> {
  const found = await connection.read({ text: unreferenced, values: [keys] });
  if (found.length === 0) return [];
  return connection.write(async (client) => {
    const pipeline = new Pipeline(connection, client);
    pipeline.hurry();
    void pipeline.send({ text: `select pg_advisory_xact_lock(${lock})`, values: [] });
    const marked = pipeline.send({ text: mark, values: [found.map(([key]) => String(key)), context.now()] });
    await pipeline.commit();
    return (await marked).map(([key]) => String(key));
  });
}
