import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import pg from "pg";
import { fail } from "../../src/errors.ts";
import { type ArticleData, stages } from "./article.ts";
import { adopt } from "./child.ts";
import type { Place } from "./place.ts";

/** PostGraphile 5 over a table as one writes it by hand, whose trigger keeps the revisions; the rules of the zod schema are checks. */

/** What it consists of: all of one release, and the GraphQL that it wants. */
const packages = {
  postgraphile: "5.1.5",
  grafast: "1.1.3",
  grafserv: "1.0.2",
  "graphile-build": "5.1.1",
  "graphile-build-pg": "5.1.4",
  "@dataplan/pg": "1.1.2",
  graphql: "16.15.0",
  pg: "8.23.0",
};

const tableIn = (schema: string): string => `
create table article (
  id text collate "C" primary key default 'article_' || gen_random_uuid(),
  version integer not null default 1, created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  title text collate "C" not null check (length(title) between 1 and 200), body text not null check (length(body) <= 100000),
  stage text collate "C" not null check (stage in (${stages.map((stage) => `'${stage}'`).join(", ")})),
  category text collate "C" not null check (length(category) between 1 and 50), views integer not null check (views >= 0),
  score double precision not null, published_at text collate "C" not null
);
create table article_revision (
  id text collate "C" not null, number integer not null, created_at timestamptz not null, data jsonb not null, primary key (id, number)
);
comment on table article_revision is '@behavior -*';
create index on article (title);
create index on article (stage);
create index on article (category);
create index on article (views);
create index on article (score);
create index on article (published_at);
create index on article (category, stage, published_at, id);
create function article_bump() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  new.updated_at := now();
  return new;
end $$;
create function article_keep() returns trigger language plpgsql as $$
begin
  insert into ${schema}.article_revision values (new.id, new.version, new.updated_at, to_jsonb(new));
  return null;
end $$;
create trigger bump before update on article for each row execute function article_bump();
create trigger keep after insert or update on article for each row execute function article_keep();
comment on function article_bump() is '@behavior -*';
comment on function article_keep() is '@behavior -*';`;

/** Puts PostGraphile into a folder of its own: it is no dependency of this project. UNAVAILABLE when it cannot be had. */
export async function installPostgraphile(dir: string): Promise<void> {
  writeFileSync(join(dir, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const npm = adopt(spawn("npm", ["install", ...flags], { cwd: dir, stdio: ["ignore", "ignore", "inherit"] }));
  const [code] = await once(npm, "exit");
  if (code !== 0) throw fail("UNAVAILABLE", `npm could not install postgraphile@${packages.postgraphile} (exit code ${code})`);
}

export async function fillPostgraphileTable({ postgres }: Place, articles: readonly ArticleData[]): Promise<string[]> {
  if (!postgres) throw fail("UNSUPPORTED", "PostGraphile stands on PostgreSQL alone");
  const { url, schema } = postgres;
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await client.connect();
  await client.query(tableIn(schema));
  const ids: string[] = [];
  const names = Object.keys(articles[0] ?? {}).map((name) => ({ name, column: name === "publishedAt" ? "published_at" : name }));
  const columns = names.map(({ column }) => column).join(", ");
  for (let start = 0; start < articles.length; start += 1000) {
    const rows = articles.slice(start, start + 1000).map(({ publishedAt, ...rest }) => ({ ...rest, published_at: publishedAt }));
    const text = `insert into article (${columns}) select ${columns} from json_populate_recordset(null::article, $1) returning id`;
    const inserted = await client.query<{ id: string }>(text, [JSON.stringify(rows)]);
    ids.push(...inserted.rows.map(({ id }) => id));
  }
  await client.end();
  return ids;
}

/** The parts of its API that are called here. */
interface Postgraphile {
  postgraphile(preset: object): {
    createServ(serv: unknown): { addTo(server: Server): Promise<void> };
    release(): Promise<void>;
  };
}

/** As its documentation has it, without what the bench does not use, and with as many connections as there are clients. */
export async function addPostgraphile(server: Server, { dir, postgres }: Place): Promise<() => Promise<void>> {
  // Otherwise it checks its own plans, which is slow. It looks when it is loaded.
  Object.assign(process.env, { GRAPHILE_ENV: "production", NODE_ENV: "production" });
  const load = createRequire(join(dir, "package.json"));
  const { postgraphile }: Postgraphile = load("postgraphile");
  const service = { connectionString: postgres?.url, schemas: [postgres?.schema], poolConfig: { max: 16 } };
  const instance = postgraphile({
    extends: [load("postgraphile/presets/amber").PostGraphileAmberPreset],
    pgServices: [load("postgraphile/adaptors/pg").makePgService(service)],
    grafserv: { graphiql: false, websockets: false },
  });
  await instance.createServ(load("postgraphile/grafserv/node").grafserv).addTo(server);
  return () => instance.release();
}
