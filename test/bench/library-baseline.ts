import { createServer, type Server } from "node:http";
import { join } from "node:path";
import SchemaBuilder from "@pothos/core";
import Database from "better-sqlite3";
import DataLoader from "dataloader";
import { createYoga } from "graphql-yoga";
import pg from "pg";
import { uuidv7 } from "uuidv7";
import { oeuvres } from "./library.ts";
import type { Place, Postgres } from "./place.ts";

/** The library as one writes it by hand: three tables without revisions, and resolvers that ask for each parent's rows. */

interface Author {
  readonly id: string;
  readonly name: string;
}

interface Book {
  readonly id: string;
  readonly author_id: string;
  readonly title: string;
  readonly year: number;
}

interface Review {
  readonly id: string;
  readonly stars: number;
  readonly text: string;
}

interface Context {
  readonly authors: DataLoader<string, Author | undefined>;
}

const tables = (text: string): string => `
create table author (id ${text} primary key, name text not null, city ${text} not null);
create table book (id ${text} primary key, author_id ${text} not null references author, title text not null, year integer not null);
create table review (id ${text} primary key, book_id ${text} not null references book, stars integer not null, text text not null);
create index author_city on author (city, id);
create index book_author on book (author_id, id);
create index review_book on review (book_id, id);`;

/** Rows in the order in which SpecStar's seed writes them: ids grow with it on both sides. */
function rows() {
  const [authors, books, reviews]: [object[], object[], object[]] = [[], [], []];
  for (const { author, books: written } of oeuvres) {
    const author_id = `author_${uuidv7()}`;
    authors.push({ id: author_id, ...author });
    for (const { reviews: received, ...book } of written) {
      const book_id = `book_${uuidv7()}`;
      books.push({ id: book_id, author_id, ...book });
      for (const review of received) reviews.push({ id: `review_${uuidv7()}`, book_id, ...review });
    }
  }
  return { author: authors, book: books, review: reviews };
}

/** Makes the tables and fills them, on SQLite or on PostgreSQL. */
export async function fillLibraryTables({ dir, postgres }: Place): Promise<void> {
  if (!postgres) {
    const db = new Database(join(dir, "library.db"));
    db.pragma("journal_mode = wal");
    db.exec(tables("text"));
    const insert = (table: string, row: object) =>
      db.prepare(`insert into ${table} (${Object.keys(row)}) values (${Object.keys(row).map((name) => `@${name}`)})`).run(row);
    db.transaction(() => {
      for (const [table, all] of Object.entries(rows())) for (const row of all) insert(table, row);
    })();
    db.exec("analyze");
    db.close();
    return;
  }
  const client = new pg.Client({ connectionString: postgres.url, options: `-c search_path=${postgres.schema}` });
  await client.connect();
  await client.query(tables('text collate "C"'));
  for (const [table, all] of Object.entries(rows()))
    await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(all)]);
  await client.end();
}

type Now<T> = T | Promise<T>;

/** What the resolvers ask: a query for each list. */
interface LibraryStore {
  authors(ids: readonly string[]): Now<readonly Author[]>;
  authorsOf(city: string, first: number): Now<readonly Author[]>;
  booksOf(author: string, first: number): Now<readonly Book[]>;
  reviewsOf(book: string, first: number): Now<readonly Review[]>;
  close(): Now<void>;
}

const listSql = {
  authorsOf: "select * from author where city = $1 order by id limit $2",
  booksOf: "select * from book where author_id = $1 order by id limit $2",
  reviewsOf: "select * from review where book_id = $1 order by id limit $2",
};

function onSqlite(dir: string): LibraryStore {
  const db = new Database(join(dir, "library.db"));
  const authorsById = db.prepare<[string], Author>("select * from author where id in (select value from json_each(?))");
  const list = <Row>(text: string) => db.prepare<[string, number], Row>(text.replaceAll(/\$\d/g, "?"));
  const [authorsOf, booksOf, reviewsOf] = [list<Author>(listSql.authorsOf), list<Book>(listSql.booksOf), list<Review>(listSql.reviewsOf)];
  return {
    authors: (ids) => authorsById.all(JSON.stringify(ids)),
    authorsOf: (city, first) => authorsOf.all(city, first),
    booksOf: (author, first) => booksOf.all(author, first),
    reviewsOf: (book, first) => reviewsOf.all(book, first),
    close: () => void db.close(),
  };
}

/** Statements are prepared once per connection, by their names. */
function onPostgres({ url, schema }: Postgres): LibraryStore {
  const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}`, max: 16 });
  const rows = async <Row extends object>(name: string, text: string, ...values: unknown[]): Promise<readonly Row[]> =>
    (await pool.query<Row>({ name, text, values })).rows;
  return {
    authors: (ids) => rows("authors", "select * from author where id = any($1)", ids),
    authorsOf: (city, first) => rows("authorsOf", listSql.authorsOf, city, first),
    booksOf: (author, first) => rows("booksOf", listSql.booksOf, author, first),
    reviewsOf: (book, first) => rows("reviewsOf", listSql.reviewsOf, book, first),
    close: () => pool.end(),
  };
}

/** Yoga as it comes, with resolvers as most people write them: a query for each list, a DataLoader for what one row leads to. */
export function libraryBaseline({ dir, postgres }: Place): { server: Server; close: () => Now<void> } {
  const store = postgres ? onPostgres(postgres) : onSqlite(dir);
  const authors = async (ids: readonly string[]) => {
    const found = new Map((await store.authors(ids)).map((author) => [author.id, author]));
    return ids.map((id) => found.get(id));
  };
  const context = (): Context => ({ authors: new DataLoader(authors) });
  const yoga = createYoga<object, Context>({ schema: schema(store), context, logging: false, graphiql: false });
  return { server: createServer((request, response) => void yoga(request, response)), close: () => store.close() };
}

function schema(store: LibraryStore) {
  const builder = new SchemaBuilder<{ Context: Context; DefaultFieldNullability: false }>({ defaultFieldNullability: false });
  const review = builder.objectRef<Review>("Review").implement({
    fields: (t) => ({ id: t.exposeID("id"), stars: t.exposeInt("stars"), text: t.exposeString("text") }),
  });
  const author = builder.objectRef<Author>("Author");
  const book = builder.objectRef<Book>("Book");
  const reviews = builder.objectRef<readonly Review[]>("ReviewConnection").implement({
    fields: (t) => ({ nodes: t.field({ type: [review], resolve: (rows) => rows }) }),
  });
  const books = builder.objectRef<readonly Book[]>("BookConnection").implement({
    fields: (t) => ({ nodes: t.field({ type: [book], resolve: (rows) => rows }) }),
  });
  const authors = builder.objectRef<readonly Author[]>("AuthorConnection").implement({
    fields: (t) => ({ nodes: t.field({ type: [author], resolve: (rows) => rows }) }),
  });
  book.implement({
    fields: (t) => ({
      id: t.exposeID("id"),
      title: t.exposeString("title"),
      year: t.exposeInt("year"),
      author: t.field({ type: author, nullable: true, resolve: ({ author_id }, _args, loaders) => loaders.authors.load(author_id) }),
      reviews: t.field({
        type: reviews,
        args: { first: t.arg.int({ required: true }) },
        resolve: ({ id }, { first }) => store.reviewsOf(id, first),
      }),
    }),
  });
  author.implement({
    fields: (t) => ({
      id: t.exposeID("id"),
      name: t.exposeString("name"),
      books: t.field({
        type: books,
        args: { first: t.arg.int({ required: true }) },
        resolve: ({ id }, { first }) => store.booksOf(id, first),
      }),
    }),
  });
  const text = builder.inputType("StringFilter", { fields: (t) => ({ eq: t.string({ required: true }) }) });
  const where = builder.inputType("AuthorWhere", { fields: (t) => ({ city: t.field({ type: text, required: true }) }) });
  builder.queryType({
    fields: (t) => ({
      authors: t.field({
        type: authors,
        args: { where: t.arg({ type: where, required: true }), first: t.arg.int({ required: true }) },
        resolve: (_root, args) => store.authorsOf(args.where.city.eq, args.first),
      }),
    }),
  });
  return builder.toSchema();
}
