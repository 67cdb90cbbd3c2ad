import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import type { ArticleData } from "./article.ts";

/**
 * One server (or one seed) in a process of its own, started by `child.ts`: `server.ts <kind> <dir>`. SpecStar runs with its
 * defaults, its request log included; the parent sends standard output to nowhere.
 */
export type Kind = "specstar" | "baseline-rest" | "baseline-graphql" | "seed-specstar" | "seed-baseline";

export type FromServer = { readonly port: number } | { readonly cpuMicros: number; readonly rssBytes: number };
export type ToServer = "usage" | "stop";

interface Running {
  readonly port: number;
  close(): Promise<void> | void;
}

const starts: Record<Kind, (dir: string) => Promise<Running | undefined>> = {
  specstar: async (dir) => {
    const platform = await openPlatform(dir);
    const { port } = await platform.listen({ port: 0 });
    return { port, close: () => platform.close() };
  },
  "baseline-rest": async (dir) => baseline(dir, (await import("./baseline-rest.ts")).baselineRest),
  "baseline-graphql": async (dir) => baseline(dir, (await import("./baseline-graphql.ts")).baselineGraphQL),
  "seed-specstar": async (dir) => {
    const platform = await openPlatform(dir);
    const { Article, articleAt, seeded } = await import("./article.ts");
    const articles = platform.resource(Article);
    const ids: string[] = [];
    let next = 0;
    const create = async () => {
      while (next < seeded) {
        const n = next++;
        ids[n] = (await articles.create(articleAt(n))).id;
      }
    };
    await Promise.all(Array.from({ length: 64 }, create));
    await platform.close();
    writeFileSync(join(dir, "ids.json"), JSON.stringify(ids));
    return undefined;
  },
  "seed-baseline": async (dir) => {
    const { openBaseline } = await import("./baseline-store.ts");
    const store = openBaseline(dir);
    const ids = store.createAll(await articles());
    store.close();
    writeFileSync(join(dir, "ids.json"), JSON.stringify(ids));
    return undefined;
  },
};

async function articles(): Promise<Iterable<ArticleData>> {
  const { articleAt, seeded } = await import("./article.ts");
  return Array.from({ length: seeded }, (_, n) => articleAt(n));
}

async function openPlatform(dir: string) {
  const [{ createPlatform }, { diskStorage }, { Article }] = await Promise.all([
    import("specstar"),
    import("specstar/disk"),
    import("./article.ts"),
  ]);
  return createPlatform({ resources: [Article], storage: diskStorage(dir) });
}

async function baseline(
  dir: string,
  serve: (store: ReturnType<typeof import("./baseline-store.ts")["openBaseline"]>) => Server,
): Promise<Running> {
  const { openBaseline } = await import("./baseline-store.ts");
  const store = openBaseline(dir);
  const server = serve(store);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const close = () => {
    server.closeAllConnections();
    store.close();
  };
  return { port: typeof address === "object" && address ? address.port : 0, close };
}

function isKind(text: string | undefined): text is Kind {
  return text !== undefined && Object.hasOwn(starts, text);
}

const [, , kind, dir = ""] = process.argv;
if (!isKind(kind)) throw new TypeError(`A kind of server is one of ${Object.keys(starts).join(", ")}`);
const send = (message: FromServer) => process.send?.(message);
const running = await starts[kind](dir);
if (running) {
  process.on("message", async (message: ToServer) => {
    if (message === "usage") {
      const { user, system } = process.cpuUsage();
      send({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
      return;
    }
    await running.close();
    process.exit(0);
  });
  // A parent that died leaves nothing behind.
  process.on("disconnect", () => process.exit(0));
  send({ port: running.port });
}
