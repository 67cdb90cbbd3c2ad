import { createServer, type Server } from "node:http";
import SchemaBuilder from "@pothos/core";
import { GraphQLError } from "graphql";
import { createYoga } from "graphql-yoga";
import { type ArticleData, articleSchema, stages } from "./article.ts";
import { type BaselineStore, cursorOf, type FullRow, type List, type RevisionRow } from "./baseline-store.ts";

interface Article {
  readonly row: FullRow;
  readonly data: ArticleData;
}

interface Context {
  readonly store: BaselineStore;
}

const articleOf = (row: FullRow): Article => ({ row, data: JSON.parse(row.data) });

/** Types and resolvers by hand, for the documents of the bench: Yoga as it comes (caches on, plain `createServer(yoga)`), Pothos' core. */
export function baselineGraphQL(store: BaselineStore): Server {
  const yoga = createYoga<object, Context>({ schema: schema(), context: () => ({ store }), logging: false, graphiql: false });
  // Yoga answers promises that nobody needs to wait for.
  return createServer((request, response) => void yoga(request, response));
}

function createBuilder() {
  return new SchemaBuilder<{ Context: Context; DefaultFieldNullability: false }>({ defaultFieldNullability: false });
}

function schema() {
  const builder = createBuilder();
  const { article, stage } = articleTypes(builder);
  queries(builder, article, stage);
  mutations(builder, article, stage);
  return builder.toSchema();
}

type Builder = ReturnType<typeof createBuilder>;
type ArticleType = ReturnType<typeof articleTypes>["article"];
type StageType = ReturnType<typeof stageType>;

const stageType = (builder: Builder) => builder.enumType("ArticleStage", { values: stages });

function articleTypes(builder: Builder) {
  const stage = stageType(builder);
  const meta = builder.objectRef<FullRow>("ResourceMeta").implement({
    fields: (t) => ({
      version: t.exposeInt("version"),
      createdAt: t.string({ resolve: (row) => new Date(row.created_at).toISOString() }),
      updatedAt: t.string({ resolve: (row) => new Date(row.updated_at).toISOString() }),
    }),
  });
  const revisions = historyType(builder, stage);
  const article = builder.objectRef<Article>("Article").implement({
    fields: (t) => ({
      id: t.id({ resolve: ({ row }) => row.id }),
      title: t.string({ resolve: ({ data }) => data.title }),
      body: t.string({ resolve: ({ data }) => data.body }),
      stage: t.field({ type: stage, resolve: ({ data }) => data.stage }),
      category: t.string({ resolve: ({ data }) => data.category }),
      views: t.int({ resolve: ({ data }) => data.views }),
      score: t.float({ resolve: ({ data }) => data.score }),
      publishedAt: t.string({ resolve: ({ data }) => data.publishedAt }),
      meta: t.field({ type: meta, resolve: ({ row }) => row }),
      revisions: t.field({
        type: revisions,
        args: { first: t.arg.int({ defaultValue: 20 }) },
        resolve: ({ row }, { first }, { store }) => ({ rows: store.history(row.id, first ?? 20), total: row.revision_count }),
      }),
    }),
  });
  return { article, stage };
}

function historyType(builder: Builder, stage: StageType) {
  const data = builder.objectRef<ArticleData>("ArticleData").implement({
    fields: (t) => ({
      title: t.exposeString("title"),
      body: t.exposeString("body"),
      stage: t.field({ type: stage, resolve: (article) => article.stage }),
      category: t.exposeString("category"),
      views: t.exposeInt("views"),
      score: t.exposeFloat("score"),
      publishedAt: t.exposeString("publishedAt"),
    }),
  });
  const revision = builder.objectRef<RevisionRow>("ArticleRevision").implement({
    fields: (t) => ({
      number: t.exposeInt("number"),
      createdAt: t.string({ resolve: (row) => new Date(row.created_at).toISOString() }),
      createdBy: t.exposeString("created_by"),
      data: t.field({ type: data, resolve: (row): ArticleData => JSON.parse(row.data) }),
    }),
  });
  return builder.objectRef<{ readonly rows: readonly RevisionRow[]; readonly total: number }>("ArticleRevisionConnection").implement({
    fields: (t) => ({ nodes: t.field({ type: [revision], resolve: ({ rows }) => rows }), totalCount: t.exposeInt("total") }),
  });
}

function queries(builder: Builder, article: ArticleType, stage: StageType): void {
  const pageInfo = builder.objectRef<List>("PageInfo").implement({
    fields: (t) => ({
      hasNextPage: t.exposeBoolean("hasNext"),
      endCursor: t.string({ nullable: true, resolve: ({ rows }) => (rows.at(-1) ? cursorOf(rows.at(-1) as FullRow) : null) }),
    }),
  });
  const connection = builder.objectRef<List>("ArticleConnection").implement({
    fields: (t) => ({
      nodes: t.field({ type: [article], resolve: ({ rows }) => rows.map(articleOf) }),
      pageInfo: t.field({ type: pageInfo, resolve: (list) => list }),
      totalCount: t.int({ resolve: ({ total }) => total ?? 0 }),
    }),
  });
  const direction = builder.enumType("OrderDirection", { values: ["ASC", "DESC"] as const });
  const text = builder.inputType("StringFilter", { fields: (t) => ({ eq: t.string() }) });
  const stageFilter = builder.inputType("ArticleStageFilter", { fields: (t) => ({ eq: t.field({ type: stage }) }) });
  const where = builder.inputType("ArticleWhere", {
    fields: (t) => ({ category: t.field({ type: text }), stage: t.field({ type: stageFilter }) }),
  });
  const order = builder.inputType("ArticleOrderBy", { isOneOf: true, fields: (t) => ({ publishedAt: t.field({ type: direction }) }) });
  builder.queryType({
    fields: (t) => ({
      article: t.field({
        type: article,
        nullable: true,
        args: { id: t.arg.id({ required: true }) },
        resolve: (_root, { id }, { store }) => {
          const row = store.get(id);
          return row ? articleOf(row) : null;
        },
      }),
      articles: t.field({
        type: connection,
        args: { where: t.arg({ type: where, required: true }), orderBy: t.arg({ type: [order] }), first: t.arg.int({ defaultValue: 20 }) },
        resolve: (_root, args, { store }) =>
          store.list({ category: args.where.category?.eq ?? "", stage: args.where.stage?.eq ?? "", first: args.first ?? 20, total: true }),
      }),
    }),
  });
}

function mutations(builder: Builder, article: ArticleType, stage: StageType): void {
  const input = (name: string) =>
    builder.inputType(name, {
      fields: (t) => ({
        title: t.string({ required: true }),
        body: t.string({ required: true }),
        stage: t.field({ type: stage, required: true }),
        category: t.string({ required: true }),
        views: t.int({ required: true }),
        score: t.float({ required: true }),
        publishedAt: t.string({ required: true }),
      }),
    });
  const success = (name: string) =>
    builder
      .objectRef<{ article: Article }>(name)
      .implement({ fields: (t) => ({ article: t.field({ type: article, resolve: (result) => result.article }) }) });
  const created = success("CreateArticleSuccess");
  const updated = success("UpdateArticleSuccess");
  builder.mutationType({
    fields: (t) => ({
      createArticle: t.field({
        type: created,
        args: { data: t.arg({ type: input("CreateArticleInput"), required: true }) },
        resolve: (_root, { data }, { store }) => ({ article: articleOf(store.create(checked(data), "anonymous")) }),
      }),
      updateArticle: t.field({
        type: updated,
        args: { id: t.arg.id({ required: true }), data: t.arg({ type: input("UpdateArticleInput"), required: true }) },
        resolve: (_root, { id, data }, { store }) => {
          const row = store.update(id, checked(data), "anonymous");
          if (!row) throw new GraphQLError("There is no such article", { extensions: { code: "NOT_FOUND" } });
          return { article: articleOf(row) };
        },
      }),
    }),
  });
}

function checked(data: unknown): ArticleData {
  const parsed = articleSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GraphQLError("The data is not valid", { extensions: { code: "VALIDATION_FAILED", issues: parsed.error.issues } });
}
