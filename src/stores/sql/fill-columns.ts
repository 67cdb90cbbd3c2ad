import { fail } from "../../errors.ts";
import { type Column, columnValue } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { encode } from "./resource-rows.ts";
import { type Bind, quoted } from "./sql-text.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

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
  { handle }: SqliteConnection,
  spec: ResourceSpec,
  columns: readonly Column[],
  readBytes: ReadBytes,
): Promise<void> {
  const table = quoted(spec.names.table);
  const next = handle.prepare<[string], Current>(
    `select t._id as id, r.inline, r.key from ${table} t cross join specstar_revision r on r.id = t._id and r.number = t._current where t._id > ? and t._state < 2 order by t._id limit ${batchSize}`,
  );
  const update = handle.prepare<Bind[]>(`update ${table} set ${columns.map(({ name }) => `${quoted(name)} = ?`).join(", ")} where _id = ?`);
  for (let batch = next.all(""); batch.length > 0; batch = next.all(batch.at(-1)?.id ?? "")) {
    const bodies = await bodiesOf(batch, readBytes);
    for (const [i, { id }] of batch.entries()) {
      const stored: unknown = JSON.parse(bodies[i] ?? "null");
      // Defaults that came later count, as they do in reading; what no longer fits is indexed as it stands.
      const { data = stored } = spec.schema.safeParse(stored);
      update.run(...columns.map((column) => encode(columnValue(column, data))), id);
    }
  }
}

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
