import { createHash } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";
import { uuidv7 } from "uuidv7";
import type { ArticleData } from "./article.ts";

/** What a good engineer writes for this one table, with nothing derived from anything. */

export interface ArticleRow {
  readonly id: string;
  readonly version: number;
  readonly current: number;
  readonly revision_count: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
}

/** A row joined with its current revision. `data` is JSON text. */
export interface FullRow extends ArticleRow {
  readonly published_at: string;
  readonly hash: string;
  readonly parent: number | null;
  readonly revised_at: number;
  readonly revised_by: string;
  readonly data: string;
}

export interface ListArgs {
  readonly category: string;
  readonly stage: string;
  readonly first: number;
  readonly total: boolean;
}

export interface List {
  readonly rows: readonly FullRow[];
  readonly hasNext: boolean;
  readonly total: number | undefined;
}

type Now<T> = T | Promise<T>;

/** What the hand-written REST server stands on. */
export interface ArticleStore {
  create(article: ArticleData, by: string): Now<FullRow>;
  update(id: string, article: ArticleData, by: string): Now<FullRow | undefined>;
  get(id: string): Now<FullRow | undefined>;
  list(args: ListArgs): Now<List>;
  /** Of a history, oldest first. Only where the bench asks for it. */
  history?(id: string, first: number): readonly RevisionRow[];
}

const schema = `
create table if not exists article (
  id text primary key, version integer not null, current integer not null, revision_count integer not null,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, deleted_at integer,
  title text not null, stage text not null, category text not null, views integer not null, score real not null, published_at text not null
);
create table if not exists revision (
  id text not null, number integer not null, parent integer, hash text not null,
  created_at integer not null, created_by text not null, data text not null, primary key (id, number)
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
const matching = "a.category = ? and a.stage = ? and a.deleted_at is null";

/** A revision as its table keeps it. */
export interface RevisionRow {
  readonly number: number;
  readonly parent: number | null;
  readonly hash: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly data: string;
}

export type BaselineStore = ReturnType<typeof openBaseline>;

/** A new article's row. */
export function newRow(by: string): ArticleRow {
  const [id, now] = [`article_${uuidv7()}`, Date.now()];
  return { id, version: 1, current: 1, revision_count: 1, created_at: now, created_by: by, updated_at: now, updated_by: by };
}

/** The row with this article as its current revision. */
export function withRevision(row: ArticleRow, parent: number | null, article: ArticleData): FullRow {
  const data = JSON.stringify(article);
  const hash = `sha256:${createHash("sha256").update(data).digest("hex")}`;
  return { ...row, published_at: article.publishedAt, hash, parent, revised_at: row.updated_at, revised_by: row.updated_by, data };
}

/** The same durability as SpecStar's: WAL with `synchronous = full`, a transaction per write, meta row and revision row in it. */
export function openBaseline(dir: string) {
  const db = new Database(join(dir, "baseline.db"));
  db.pragma("journal_mode = wal");
  db.pragma("synchronous = full");
  db.exec(schema);
  const { byId, page, count, revisions } = readsOf(db);
  const { create, update } = writesOf(db);
  return {
    create: (article: ArticleData, by: string): FullRow => create.immediate(article, by),
    update: (id: string, article: ArticleData, by: string): FullRow | undefined => update.immediate(id, article, by),
    get: (id: string): FullRow | undefined => byId.get(id),
    list({ category, stage, first, total }: ListArgs): List {
      const rows = page.all(category, stage, first + 1);
      const hasNext = rows.length > first;
      if (hasNext) rows.pop();
      return { rows, hasNext, total: total ? count.get(category, stage) : undefined };
    },
    /** Of a history, oldest first. */
    history: (id: string, first: number): readonly RevisionRow[] => revisions.all(id, first),
    /** Many at once, for the seed. */
    createAll: db.transaction((articles: Iterable<ArticleData>, editsOf: (n: number) => readonly ArticleData[]): string[] =>
      Array.from(articles, (article, n) => {
        const { id } = create(article, "seed");
        for (const edit of editsOf(n)) update(id, edit, "seed");
        return id;
      }),
    ),
    close(): void {
      db.pragma("optimize");
      db.close();
    },
  };
}

const readsOf = (db: Database.Database) => ({
  byId: db.prepare<[string], FullRow>(`${full} where a.id = ? and a.deleted_at is null`),
  page: db.prepare<[string, string, number], FullRow>(`${full} where ${matching} order by a.published_at desc, a.id desc limit ?`),
  revisions: db.prepare<[string, number], RevisionRow>(
    "select number, parent, hash, created_at, created_by, data from revision where id = ? order by number limit ?",
  ),
  count: db.prepare<[string, string], number>(`select count(*) from article a where ${matching}`).pluck(),
});

function writesOf(db: Database.Database) {
  const insertRow = db.prepare(
    `insert into article (id, version, current, revision_count, created_at, created_by, updated_at, updated_by, title, stage, category, views, score, published_at)
    values (?, 1, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertRevision = db.prepare(
    "insert into revision (id, number, parent, hash, created_at, created_by, data) values (?, ?, ?, ?, ?, ?, ?)",
  );
  const current = db.prepare<[string], ArticleRow>(
    "select id, version, current, revision_count, created_at, created_by, updated_at, updated_by from article where id = ? and deleted_at is null",
  );
  const updateRow = db.prepare(
    `update article set version = ?, current = ?, revision_count = ?, updated_at = ?, updated_by = ?,
    title = ?, stage = ?, category = ?, views = ?, score = ?, published_at = ? where id = ? and version = ?`,
  );

  function revise(row: ArticleRow, parent: number | null, article: ArticleData): FullRow {
    const whole = withRevision(row, parent, article);
    insertRevision.run(row.id, row.current, parent, whole.hash, whole.revised_at, whole.revised_by, whole.data);
    return whole;
  }

  const create = db.transaction((article: ArticleData, by: string): FullRow => {
    const row = newRow(by);
    insertRow.run(row.id, row.created_at, by, row.updated_at, by, ...indexed(article));
    return revise(row, null, article);
  });

  const update = db.transaction((id: string, article: ArticleData, by: string): FullRow | undefined => {
    const before = current.get(id);
    if (!before) return undefined;
    const [version, number, now] = [before.version + 1, before.revision_count + 1, Date.now()];
    updateRow.run(version, number, number, now, by, ...indexed(article), id, before.version);
    const row = { ...before, version, current: number, revision_count: number, updated_at: now, updated_by: by };
    return revise(row, before.current, article);
  });
  return { create, update };
}

export const indexed = ({ title, stage, category, views, score, publishedAt }: ArticleData) => [
  title,
  stage,
  category,
  views,
  score,
  publishedAt,
];

export const cursorOf = ({ published_at, id }: FullRow): string => Buffer.from(JSON.stringify([published_at, id])).toString("base64url");
