import { isObjectType } from "graphql";
import { createClient } from "../../../src/client.ts";
import { Thing } from "./specs.ts";
import type { Step } from "./step.ts";
import type { Twin } from "./twin.ts";

export const edges = ["manager", "graphql", "rest", "client"] as const;
type Edge = (typeof edges)[number];
type Names = Readonly<Record<Edge, readonly string[]>>;

interface Operation extends Partial<Names> {
  /** What the generator makes to prove that the edges agree. */
  readonly steps: readonly Step["op"][];
  /** Why an edge has no name for it. */
  readonly absent?: string;
}

/** Every operation under its names at every edge, for the spec `thing`. A new operation is one more line. */
export const operations: readonly Operation[] = [
  { manager: ["create"], graphql: ["createThing"], rest: ["POST /things"], client: ["create"], steps: ["create"] },
  { manager: ["upsert"], graphql: ["upsertThing"], rest: ["PUT /things"], client: ["upsert"], steps: ["upsert"] },
  { manager: ["update"], graphql: ["updateThing"], rest: ["PUT /things/{id}"], client: ["update"], steps: ["update"] },
  { manager: ["patch"], graphql: ["patchThing"], rest: ["PATCH /things/{id}"], client: ["patch"], steps: ["patch"] },
  { manager: ["modify"], graphql: ["modifyThing"], rest: ["PATCH /things/{id}/revisions/{n}"], client: ["modify"], steps: ["modify"] },
  { manager: ["switch"], graphql: ["switchThing"], rest: ["POST /things/{id}/switch/{n}"], client: ["switch"], steps: ["switch"] },
  { manager: ["delete"], graphql: ["deleteThing"], rest: ["DELETE /things/{id}"], client: ["delete"], steps: ["delete"] },
  { manager: ["restore"], graphql: ["restoreThing"], rest: ["POST /things/{id}/restore"], client: ["restore"], steps: ["restore"] },
  { manager: ["purge"], graphql: ["purgeThing"], rest: ["POST /things/{id}/purge"], client: ["purge"], steps: ["purge"] },
  {
    manager: ["actions"],
    graphql: ["promoteThing", "settleThing"],
    rest: ["POST /things/{id}/promote", "POST /things/{id}/settle"],
    client: ["actions"],
    steps: ["action"],
  },
  {
    manager: ["batch", "perform"],
    graphql: ["createThings", "updateThings", "patchThings", "deleteThings", "restoreThings", "purgeThings"],
    rest: ["POST /things/batch"],
    client: ["batch"],
    steps: ["batch"],
  },
  { manager: ["platform.transact"], graphql: ["transact"], rest: ["POST /transact"], client: ["client.transact"], steps: ["transact"] },
  { manager: ["get", "getMany"], graphql: ["thing", "node", "nodes"], rest: ["GET /things/{id}"], client: ["get"], steps: ["get"] },
  {
    manager: ["revision", "revisionsAt"],
    graphql: ["thingRevision", "Thing.revision"],
    rest: ["GET /things/{id}/revisions/{n}"],
    client: ["revision"],
    steps: ["revision", "get"],
  },
  {
    manager: ["revisions", "revisionsOfMany"],
    graphql: ["Thing.revisions"],
    rest: ["GET /things/{id}/revisions"],
    client: ["revisions"],
    steps: ["revisions"],
  },
  { manager: ["diff", "diffs"], graphql: ["Thing.diff"], rest: ["GET /things/{id}/diff"], client: ["diff"], steps: ["diff"] },
  {
    manager: ["referrers", "referrersOfMany"],
    graphql: ["Thing.referrers"],
    rest: ["GET /things/{id}/referrers"],
    client: ["referrers"],
    steps: ["referrers"],
  },
  {
    manager: ["search", "referring"],
    graphql: ["things", "thingsAsOf"],
    rest: ["GET /things", "POST /things/search"],
    client: ["search"],
    steps: ["search"],
  },
  { manager: ["count"], graphql: ["thingCount"], rest: ["GET /things/count"], client: ["count"], steps: ["count"] },
  { manager: ["aggregate"], graphql: ["thingAggregate"], rest: ["GET /things/aggregate"], client: ["aggregate"], steps: ["aggregate"] },
  {
    manager: ["feed.subscribe", "feed.poll"],
    graphql: ["thingChanged", "resourceChanged"],
    rest: ["GET /things/changes", "GET /changes"],
    client: ["changes", "client.changes"],
    steps: ["changes"],
  },
  {
    manager: ["blobs.put", "blobs.stat", "blobs.get", "blobs.find", "blobs.presignedUrl"],
    rest: ["POST /blobs", "GET /blobs/{id}"],
    client: ["client.blobs"],
    steps: [],
    absent: "Bytes are REST's (CONTRACT §6); GraphQL shows what is known of them, and their url. Tests of blobs go through both",
  },
  {
    manager: ["platform.export", "platform.import"],
    rest: ["GET /things/export", "POST /things/import", "GET /export", "POST /import"],
    steps: [],
    absent: "Archives are REST's (CONTRACT §6): streams of bytes, which GraphQL has no form for. Tests of archives go through both",
  },
];

/** What is to be found at an edge and is no operation on resources. */
const others: Names = {
  manager: [
    ...["actor", "as", "spec", "feed.options", "blobs.maxBytes", "blobs.checkUpload", "feed.wake", "feed.withSpecs", "feed.close"],
    ...["schema", "openapi", "resource", "fetch", "ready", "schemaProgress", "schemaFilled", "listen", "close"].map(
      (name) => `platform.${name}`,
    ),
  ],
  graphql: ["Thing.id", "Thing.meta"],
  rest: [
    "GET /",
    "GET /health/live",
    "GET /health/ready",
    "GET /openapi.json",
    "GET /docs",
    ...["start.js", "swagger-ui-bundle.js", "swagger-ui.css"].map((file) => `GET /docs/${file}`),
  ],
  client: ["client.resource"],
};

/** Of the instance too: `actions` of a client is a property of it. */
const methodsOf = (instance: object): string[] =>
  [...Object.getOwnPropertyNames(Object.getPrototypeOf(instance)), ...Object.keys(instance)].filter((name) => name !== "constructor");
const prefixed = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix}.${name}`);

/** What each edge offers, as the edge itself says. */
export function offered(twin: Twin): Names {
  const { platform } = twin;
  const { feed, blobs, schema } = platform;
  const data: ReadonlySet<string> = new Set(
    Thing.fields.flatMap((field) => [field.name, `${field.name}Id`, `${field.name.replace(/s$/, "")}Ids`]),
  );
  const type = schema.getType("Thing");
  const ofOthers = /^(create|upsert|update|patch|modify|switch|delete|restore|purge|add)?(person|people|land|setting|contest)/i;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.keys(root?.getFields() ?? {}),
  );
  const paths = Object.entries(platform.openapi().paths ?? {}).filter(([path]) => !/^\/(people|lands|settings|contests)\b/.test(path));
  const client = createClient<readonly [typeof Thing]>({ url: "http://edge" });
  return {
    manager: [
      ...methodsOf(twin.manager("thing")),
      ...prefixed("feed", methodsOf(feed)),
      ...prefixed("blobs", methodsOf(blobs)),
      ...prefixed(
        "platform",
        Object.keys(platform).filter((name) => name !== "feed" && name !== "blobs"),
      ),
    ],
    graphql: [
      ...roots.filter((name) => !ofOthers.test(name)),
      ...prefixed("Thing", isObjectType(type) ? Object.keys(type.getFields()).filter((name) => !data.has(name)) : []),
    ],
    rest: paths.flatMap(([path, methods]) => Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`)),
    client: [...methodsOf(client.thing), ...prefixed("client", Object.keys(client))],
  };
}

/** What is not in the table, or in the table alone. */
export function unmapped(found: Names): readonly string[] {
  return edges.flatMap((edge) => {
    const known = [...operations.flatMap((each) => each[edge] ?? []), ...others[edge]];
    const there = found[edge];
    return [
      ...there.filter((name) => !known.includes(name)).map((name) => `${edge} has ${name}: name it at every edge in edges.ts`),
      ...known.filter((name) => !there.includes(name)).map((name) => `${edge} has no ${name}`),
      ...known.filter((name, i) => known.indexOf(name) !== i).map((name) => `${edge}: ${name} is mapped twice`),
    ];
  });
}
