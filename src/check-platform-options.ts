import { defaultGraphQLLimits } from "../schema/limits.ts";
import type { PersistedOptions } from "../schema/persisted-operations.ts";
import { fail } from "./errors.ts";
import type { FeedOptions } from "./feed/feed.ts";
import type { PresignOptions } from "./manager/blobs/blobs.ts";
import { defaultLimits } from "./manager/limits.ts";
import { checkPlugins } from "./manager/plugins/plugin.ts";
import type { GraphQLOptions, PlatformOptions } from "./platform-options.ts";
import type { OpenApiOptions } from "./rest/openapi/document.ts";
import type { CompressionOptions } from "./server/compress.ts";
import { checkCors } from "./server/cors.ts";
import type { LogOptions } from "./server/log.ts";
import { aFlag, aFunction, aList, anAmount, anObject, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import { reservedPaths } from "./spec/names.ts";
import type { ResourceSpec } from "./spec/resource.ts";
import { longestLinkSeconds } from "./storage/blob-links.ts";

const isSpec = (value: unknown): boolean => typeof value === "object" && value !== null && "names" in value && "columns" in value;
const isStorage = (value: unknown): boolean => typeof value === "object" && value !== null && "open" in value && "capabilities" in value;
const isPath = (value: unknown): boolean => typeof value === "string" && /^(\/[\w.~-]+)+$/.test(value);

const options: Record<keyof PlatformOptions, OptionCheck> = {
  resources: {
    required: true,
    takes: "a list of what defineResource returned: [Author, Article]",
    allows: (value) => Array.isArray(value) && value.every(isSpec),
  },
  storage: { required: true, takes: "a storage, such as memoryStorage()", allows: isStorage },
  plugins: aList,
  actor: {
    takes: "a function of the request, or authenticate([…])",
    allows: (value) => aFunction.allows(value) || (anObject.allows(value) && Array.isArray(Object(value).schemes)),
  },
  authorize: aFunction,
  graphql: anObject,
  rest: anObject,
  presignedUrls: anObject,
  cors: anObject,
  compression: { takes: "false or an object", allows: (value) => value === false || anObject.allows(value) },
  openapi: anObject,
  schemaChanges: { takes: '"apply" or "refuse"', allows: (value) => value === "apply" || value === "refuse" },
  deadlineMs: {
    takes: "milliseconds: a whole number from 1 to 2147483647",
    allows: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) < 2 ** 31,
  },
  feed: anObject,
  limits: anObject,
  log: { takes: "false or an object", allows: (value) => value === false || anObject.allows(value) },
  context: anObject,
};

const graphqlOptions: Record<keyof GraphQLOptions, OptionCheck> = {
  path: { takes: "a path with a slash before it and none behind it: /graphql", allows: (value) => value === "/" || isPath(value) },
  limits: anObject,
  extend: aFunction,
  persisted: anObject,
  introspection: aFlag,
  suggestions: aFlag,
  lean: aFlag,
};
const persistedOptions: Record<keyof PersistedOptions, OptionCheck> = {
  only: {
    takes: 'documents by the ids that clients send: { "a1b2…": "query { … }" }',
    allows: (value) => anObject.allows(value) && Object.values(Object(value)).every((text) => typeof text === "string"),
  },
};
const restOptions: Record<keyof NonNullable<PlatformOptions["rest"]>, OptionCheck> = {
  basePath: { takes: "a path with a slash before it and none behind it: /api", allows: (value) => value === "" || isPath(value) },
  templates: aList,
};
const presignOptions: Record<keyof PresignOptions, OptionCheck> = {
  expiresInSeconds: {
    takes: `a whole number from 1 to ${longestLinkSeconds}`,
    allows: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= longestLinkSeconds,
  },
};
const openapiOptions: Record<keyof OpenApiOptions, OptionCheck> = {
  info: anObject,
  servers: {
    takes: 'a list of servers: [{ url: "https://api.example.com" }]',
    allows: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof Object(each).url === "string"),
  },
  securitySchemes: {
    takes: 'schemes by name: { bearer: { type: "http", scheme: "bearer" } }',
    allows: (value) => anObject.allows(value) && Object.values(Object(value)).every((scheme) => typeof Object(scheme).type === "string"),
  },
  security: {
    takes: "a list of what is asked for: [{ bearer: [] }]",
    allows: (value) => Array.isArray(value) && value.every(anObject.allows),
  },
};
const feedOptions: Record<keyof FeedOptions, OptionCheck> = { bookmarkEvery: anAmount, bookmarkMs: anAmount, keepAliveMs: anAmount };
const compressionOptions: Record<keyof CompressionOptions, OptionCheck> = { minBytes: anAmount };
const logOptions: Record<keyof LogOptions, OptionCheck> = {
  level: { takes: "debug, info, warn or error", allows: (value) => ["debug", "info", "warn", "error"].some((level) => level === value) },
  destination: {
    takes: "a stream with a write method",
    allows: (value) => typeof value === "object" && value !== null && "write" in value,
  },
};
const amounts = (defaults: object): Record<string, OptionCheck> =>
  Object.fromEntries(Object.keys(defaults).map((name) => [name, anAmount]));

/** @throws BAD_REQUEST that names the option and what is allowed */
export function checkPlatformOptions(given: PlatformOptions): void {
  checkOptions("createPlatform", given, options);
  const { resources, graphql = {}, rest = {}, feed = {}, limits = {}, log, cors, compression } = given;
  checkOptions("createPlatform: graphql", graphql, graphqlOptions);
  checkOptions("createPlatform: graphql.limits", graphql.limits ?? {}, amounts(defaultGraphQLLimits));
  checkOptions("createPlatform: graphql.persisted", graphql.persisted ?? {}, persistedOptions);
  checkOptions("createPlatform: rest", rest, restOptions);
  checkOptions("createPlatform: openapi", given.openapi ?? {}, openapiOptions);
  checkOptions("createPlatform: feed", feed, feedOptions);
  checkOptions("createPlatform: limits", limits, amounts(defaultLimits));
  checkOptions("createPlatform: presignedUrls", given.presignedUrls ?? {}, presignOptions);
  checkPlugins(given.plugins ?? []);
  if (cors) checkCors(cors);
  if (compression) checkOptions("createPlatform: compression", compression, compressionOptions);
  if (log) checkOptions("createPlatform: log", log, logOptions);
  checkGraphQLPath(graphql.path ?? "/graphql", rest.basePath ?? "", resources);
  checkOwned(given);
}

/** A scheme cannot look up what is not there. */
function checkOwned({ actor, resources }: PlatformOptions): void {
  for (const { name, owns } of typeof actor === "object" ? actor.schemes : []) {
    if (owns && !resources.includes(owns.spec))
      throw fail("BAD_REQUEST", `createPlatform: the scheme ${name} needs its resource ${owns.spec.name}. Add it to \`resources\``, {
        resource: owns.spec.name,
      });
  }
}

/** GraphQL is asked for before REST, so one path of both would hide a resource. */
function checkGraphQLPath(path: string, basePath: string, resources: readonly ResourceSpec[]): void {
  const [, first = ""] = path.startsWith(`${basePath}/`) ? path.slice(basePath.length).split("/") : [];
  const taken =
    resources.find(({ names }) => names.path === first)?.name ?? (first !== "graphql" && reservedPaths.has(first) ? "REST" : undefined);
  if (taken !== undefined || path === "/health/live" || path === "/health/ready")
    throw fail("BAD_REQUEST", `createPlatform: graphql.path ${path} is a path of ${taken ?? "the server"}. Choose another one`, {
      field: "graphql.path",
    });
}
