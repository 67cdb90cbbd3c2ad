import { createServer, type Server } from "node:http";
import { openLibrary, openPlatform } from "./open-platform.ts";
import type { Place, Size } from "./place.ts";
import { seedBaseline, seedLibrary, seedLibraryTables, seedPostgraphile, seedSpecStar } from "./seeds.ts";

/**
 * One server (or one seed) in a process of its own, started by `child.ts`: `server.ts <kind> <place and size as JSON>`. SpecStar
 * runs with its defaults, its request log included; the parent sends standard output to nowhere.
 */
export type ServerKind =
  | "specstar"
  | "specstar-named"
  | "specstar-plugins"
  | "specstar-library"
  | "baseline-rest"
  | "baseline-graphql"
  | "baseline-library"
  | "postgraphile";
export type SeedKind = "seed-specstar" | "seed-baseline" | "seed-postgraphile" | "seed-specstar-library" | "seed-library-tables";

export type FromServer = { readonly port: number } | { readonly cpuMicros: number; readonly rssBytes: number };
export type ToServer = "usage" | "stop";

interface Running {
  readonly port: number;
  close(): Promise<void> | void;
}

const servers: Record<ServerKind, (place: Place) => Promise<Running>> = {
  specstar: async (place) => listening(await openPlatform(place)),
  "specstar-named": async (place) => listening(await openPlatform(place, { actor: named })),
  "specstar-plugins": async (place) => listening(await openPlatform(place, { plugins: idlePlugins })),
  "specstar-library": async (place) => listening(await openLibrary(place)),
  "baseline-rest": async ({ dir, postgres }) => {
    const [{ baselineRest }, { openBaseline }] = await Promise.all([import("./baseline-rest.ts"), import("./baseline-store.ts")]);
    const store = postgres ? await (await import("./postgres-baseline.ts")).openPostgresBaseline(postgres) : openBaseline(dir);
    return serve(baselineRest(store), () => store.close());
  },
  "baseline-graphql": async ({ dir }) => {
    const [{ baselineGraphQL }, { openBaseline }] = await Promise.all([import("./baseline-graphql.ts"), import("./baseline-store.ts")]);
    const store = openBaseline(dir);
    return serve(baselineGraphQL(store), () => store.close());
  },
  "baseline-library": async (place) => {
    const { server, close } = (await import("./library-baseline.ts")).libraryBaseline(place);
    return serve(server, close);
  },
  postgraphile: async (place) => {
    const { addPostgraphile } = await import("./postgraphile-baseline.ts");
    const server = createServer();
    return serve(server, await addPostgraphile(server, place));
  },
};

/** Who asks is who the request says. */
const named = ({ headers }: Request) => ({ id: headers.get("x-actor") ?? "anonymous", roles: [], claims: {} });

/** Ten that hear of every write and do nothing. */
const idlePlugins = Array.from({ length: 10 }, (_, n) => ({
  name: `idle-${n}`,
  on: { "*.*.before": () => {}, "*.*.after": () => {}, "*.*.failure": () => {} },
}));

const seeds: Record<SeedKind, (place: Place, size: Size) => Promise<void>> = {
  "seed-specstar": seedSpecStar,
  "seed-baseline": seedBaseline,
  "seed-postgraphile": seedPostgraphile,
  "seed-specstar-library": seedLibrary,
  "seed-library-tables": seedLibraryTables,
};

async function listening(platform: Pick<Awaited<ReturnType<typeof openPlatform>>, "listen" | "close">): Promise<Running> {
  const { port } = await platform.listen({ port: 0 });
  return { port, close: () => platform.close() };
}

async function serve(server: Server, close: () => Promise<void> | void): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: () => {
      server.closeAllConnections();
      return close();
    },
  };
}

const isKeyOf = <K extends string>(table: Record<K, unknown>, text: string): text is K => Object.hasOwn(table, text);

const [, , kind = "", argument = "{}"] = process.argv;
const given: Place & Size = JSON.parse(argument);
if (isKeyOf(seeds, kind)) {
  await seeds[kind](given, given);
} else if (isKeyOf(servers, kind)) {
  const send = (message: FromServer) => process.send?.(message);
  const running = await servers[kind](given);
  process.on("message", async (message: ToServer) => {
    if (message === "usage") {
      const { user, system } = process.cpuUsage();
      // There only where memory is what is measured.
      globalThis.gc?.();
      send({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
      return;
    }
    await running.close();
    process.exit(0);
  });
  // A parent that died leaves nothing behind.
  process.on("disconnect", () => process.exit(0));
  send({ port: running.port });
} else {
  throw new TypeError(`A kind of server is one of ${Object.keys({ ...servers, ...seeds }).join(", ")}`);
}
