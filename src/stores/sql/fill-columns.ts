import { fail } from "../../errors.ts";
import { type Column, columnValue } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { SchemaConnection } from "./prepare-schema.ts";
import { encode, type Row } from "./resource-rows.ts";
import { joined, name, type Sql, sql } from "./sql-text.ts";

/** Bytes of revisions that are not inline, in order. */
export type ReadBytes = (keys: readonly string[]) => Promise<readonly (Uint8Array | undefined)[]>;

const batchSize = 500;

interface Current {
  readonly id: string;
  readonly inline: string | null;
  readonly key: string | null;
}

/** Computes columns of every resource of a spec from its current revision. */
export async function fillColumns(
  connection: SchemaConnection,
  spec: ResourceSpec,
  columns: readonly Column[],
  readBytes: ReadBytes,
): Promise<void> {
  const table = name(spec.names.table);
  const next = async (after: string): Promise<readonly Current[]> => {
    const rows = await connection.all(
      sql`select t._id, r.inline, r.key from ${table} t join specstar_revision r on r.id = t._id and r.number = t._current where t._id > ${after} and t._state < 2 order by t._id limit ${batchSize}`,
    );
    return rows.map(currentOf);
  };
  for (let batch = await next(""); batch.length > 0; batch = await next(batch.at(-1)?.id ?? "")) {
    const bodies = await bodiesOf(batch, readBytes);
    const updates = batch.map(({ id }, i) => {
      const stored: unknown = JSON.parse(bodies[i] ?? "null");
      // Defaults that came later count, as they do in reading; what no longer fits is indexed as it stands.
      const { data = stored } = spec.schema.safeParse(stored);
      const set = columns.flatMap((column) => assignments(connection, column, data));
      return sql`update ${table} set ${joined(set, ", ")} where _id = ${id}`;
    });
    await Promise.all(updates.map((update) => connection.all(update)));
  }
}

function assignments({ layout }: SchemaConnection, column: Column, data: unknown): readonly Sql[] {
  const value = columnValue(column, data);
  const derived = layout.derived(column).map((each) => sql`${name(each.name)} = ${each.of(value)}`);
  return [sql`${name(column.name)} = ${encode(value)}`, ...derived];
}

const currentOf = ([id, inline, key]: Row): Current => ({
  id: String(id),
  inline: typeof inline === "string" ? inline : null,
  key: typeof key === "string" ? key : null,
});

async function bodiesOf(batch: readonly Current[], readBytes: ReadBytes): Promise<readonly string[]> {
  const keys = batch.flatMap(({ key }) => (key === null ? [] : [key]));
  const bytes = keys.length > 0 ? await readBytes(keys) : [];
  const byKey = new Map(keys.map((key, i) => [key, bytes[i]]));
  return batch.map(({ id, inline, key }) => {
    if (inline !== null) return inline;
    const body = byKey.get(key ?? "");
    if (!body)
      throw fail(
        "DATA_CORRUPTION",
        `The bytes of the current revision of ${id} are missing, so its indexed fields cannot be computed. Restore them from a backup`,
        { id },
      );
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  });
}
