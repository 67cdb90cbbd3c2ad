import pg from "pg";
import type { ArticleData } from "./article.ts";
import { type ArticleRow, type ArticleStore, type FullRow, indexed, type List, newRow, withRevision } from "./baseline-store.ts";
import type { Postgres } from "./place.ts";

/** One for each client of the bench: with 8 it does as well, with 4 worse. */
const poolSize = 16;

const schema = `
create table if not exists article (
  id text collate "C" primary key, version integer not null, current integer not null, revision_count integer not null,
  created_at bigint not null, created_by text not null, updated_at bigint not null, updated_by text not null, deleted_at bigint,
  title text collate "C" not null, stage text collate "C" not null, category text collate "C" not null,
  views integer not null, score double precision not null, published_at text collate "C" not null
);
create table if not exists revision (
  id text collate "C" not null, number integer not null, parent integer, hash text not null,
  created_at bigint not null, created_by text not null, data text not null, primary key (id, number)
);
create index if not exists article_title on article (title) where deleted_at is null;
create index if not exists article_stage on article (stage) where deleted_at is null;
create index if not exists article_category on article (category) where deleted_at is null;
create index if not exists article_views on article (views) where deleted_at is null;
create index if not exists article_score on article (score) where deleted_at is null;
create index if not exists article_published_at on article (published_at) where deleted_at is null;
create index if not exists article_list on article (category, stage, published_at, id) where deleted_at is null;`;

const full = `select a.id, a.version, a.current, a.revision_count, a.created_at, a.created_by, a.updated_at, a.updated_by, a.published_at,
  r.hash, r.parent, r.created_at as revised_at, r.created_by as revised_by, r.data
  from article a join revision r on r.id = a.id and r.number = a.current`;
const matching = "a.category = $1 and a.stage = $2 and a.deleted_at is null";
const rowNames = ["id", "version", "current", "revision_count", "created_at", "created_by", "updated_at", "updated_by"] as const;
const rowColumns = rowNames.join(", ");

/** Prepared by their names, once per connection. */
const statements = {
  get: `${full} where a.id = $1 and a.deleted_at is null`,
  page: `${full} where ${matching} order by a.published_at desc, a.id desc limit $3`,
  count: `select count(*) as total from article a where ${matching}`,
  row: `select ${rowColumns} from article where id = $1 and deleted_at is null`,
  insertRow: `insert into article (${rowColumns}, title, stage, category, views, score, published_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
  insertRevision: "insert into revision (id, number, parent, hash, created_at, created_by, data) values ($1, $2, $3, $4, $5, $6, $7)",
  updateRow: `update article set version = $3, current = $4, revision_count = $4, updated_at = $5, updated_by = $6,
    title = $7, stage = $8, category = $9, views = $10, score = $11, published_at = $12 where id = $1 and version = $2`,
  begin: "begin",
  commit: "commit",
  rollback: "rollback",
} as const;
type Statement = keyof typeof statements;

async function ask<Row extends object>(on: pg.Pool | pg.PoolClient, name: Statement, values: unknown[] = []): Promise<pg.QueryResult<Row>> {
  return on.query<Row>({ name, text: statements[name], values });
}

export interface PostgresBaseline extends ArticleStore {
  /** Many at once, for the seed. */
  createAll(articles: readonly ArticleData[]): Promise<string[]>;
  close(): Promise<void>;
}

/** The hand-written store on PostgreSQL: a pool, named prepared statements, a transaction per write. */
export async function openPostgresBaseline({ url, schema: name }: Postgres): Promise<PostgresBaseline> {
  // Instants are milliseconds.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: url, max: poolSize, options: `-c search_path=${name}` });
  await pool.query(schema);
  return {
    create: (article, by) => transaction(pool, (client) => create(client, article, by)),
    update: (id, article, by) => update(pool, id, article, by),
    get: async (id) => (await ask<FullRow>(pool, "get", [id])).rows[0],
    async list({ category, stage, first, total }): Promise<List> {
      const [{ rows }, counted] = await Promise.all([
        ask<FullRow>(pool, "page", [category, stage, first + 1]),
        total ? ask<{ total: number }>(pool, "count", [category, stage]) : undefined,
      ]);
      return { rows: rows.slice(0, first), hasNext: rows.length > first, total: counted?.rows[0]?.total };
    },
    createAll: (articles) => createAll(pool, articles),
    close: () => pool.end(),
  };
}

async function create(client: pg.PoolClient, article: ArticleData, by: string): Promise<FullRow> {
  const row = newRow(by);
  await ask(client, "insertRow", [...rowNames.map((name) => row[name]), ...indexed(article)]);
  return revise(client, row, null, article);
}

/** Compare-and-set: whoever comes second reads again. */
async function update(pool: pg.Pool, id: string, article: ArticleData, by: string): Promise<FullRow | undefined> {
  for (;;) {
    const before = (await ask<ArticleRow>(pool, "row", [id])).rows[0];
    if (!before) return undefined;
    const after = await transaction(pool, async (client) => {
      const [version, current, now] = [before.version + 1, before.revision_count + 1, Date.now()];
      const { rowCount } = await ask(client, "updateRow", [id, before.version, version, current, now, by, ...indexed(article)]);
      if (rowCount === 0) return undefined;
      const row = { ...before, version, current, revision_count: current, updated_at: now, updated_by: by };
      return revise(client, row, before.current, article);
    });
    if (after) return after;
  }
}

async function revise(client: pg.PoolClient, row: ArticleRow, parent: number | null, article: ArticleData): Promise<FullRow> {
  const whole = withRevision(row, parent, article);
  await ask(client, "insertRevision", [row.id, row.current, parent, whole.hash, whole.revised_at, whole.revised_by, whole.data]);
  return whole;
}

async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await ask(client, "begin");
    const result = await work(client);
    await ask(client, "commit");
    return result;
  } catch (reason) {
    await ask(client, "rollback");
    throw reason;
  } finally {
    client.release();
  }
}

const chunk = 1000;

async function createAll(pool: pg.Pool, articles: readonly ArticleData[]): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < articles.length; start += chunk) {
    const rows = articles
      .slice(start, start + chunk)
      .map((article) => ({ ...article, ...withRevision(newRow("seed"), null, article), number: 1 }));
    const json = JSON.stringify(rows);
    // Each table takes from the rows what it has columns for.
    for (const table of ["article", "revision"])
      await pool.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [json]);
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}
