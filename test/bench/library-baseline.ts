import { createServer, type Server } from "node:http";
import { join } from "node:path";
import SchemaBuilder from "@pothos/core";
import Database from "better-sqlite3";
import DataLoader from "dataloader";
import { createYoga } from "graphql-yoga";
import pg from "pg";
import { uuidv7 } from "uuidv7";
import { fail } from "../../src/errors.ts";
import { oeuvres } from "./library.ts";
import type { Place } from "./place.ts";

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

/** Yoga as it comes, with resolvers as most people write them: a query for each list, a DataLoader for what one row leads to. */
export function libraryBaseline({ dir, postgres }: Place): { server: Server; close: () => void } {
  if (postgres) throw fail("UNSUPPORTED", "The library by hand is served from SQLite alone");
  const db = new Database(join(dir, "library.db"));
  const authorsById = db.prepare<[string], Author>("select * from author where id in (select value from json_each(?))");
  const authors = async (ids: readonly string[]) => {
    const found = new Map(authorsById.all(JSON.stringify(ids)).map((author) => [author.id, author]));
    return ids.map((id) => found.get(id));
  };
  const context = (): Context => ({ authors: new DataLoader(authors) });
  const yoga = createYoga<object, Context>({ schema: schema(db), context, logging: false, graphiql: false });
  return { server: createServer((request, response) => void yoga(request, response)), close: () => db.close() };
}

function schema(db: Database.Database) {
  const builder = new SchemaBuilder<{ Context: Context; DefaultFieldNullability: false }>({ defaultFieldNullability: false });
  const authorsOf = db.prepare<[string, number], Author>("select * from author where city = ? order by id limit ?");
  const booksOf = db.prepare<[string, number], Book>("select * from book where author_id = ? order by id limit ?");
  const reviewsOf = db.prepare<[string, number], Review>("select * from review where book_id = ? order by id limit ?");
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
        resolve: ({ id }, { first }) => reviewsOf.all(id, first),
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
        resolve: ({ id }, { first }) => booksOf.all(id, first),
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
        resolve: (_root, args) => authorsOf.all(args.where.city.eq, args.first),
      }),
    }),
  });
  return builder.toSchema();
}
