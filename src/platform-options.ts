import type { Extend } from "../schema/extend.ts";
import type { GraphQLLimits } from "../schema/limits.ts";
import type { PersistedOptions } from "../schema/persisted-operations.ts";
import type { FeedOptions } from "./feed/feed.ts";
import type { Authorize } from "./manager/authorize.ts";
import type { PresignOptions } from "./manager/blobs/blobs.ts";
import type { Limits } from "./manager/limits.ts";
import type { Plugin } from "./manager/plugins/plugin.ts";
import type { OpenApiOptions } from "./rest/openapi/document.ts";
import type { Template } from "./rest/route-template.ts";
import type { SchemaChangesMode } from "./schema-changes.ts";
import type { CompressionOptions } from "./server/compress.ts";
import type { CorsOptions } from "./server/cors.ts";
import type { ActorOption } from "./server/identify.ts";
import type { LogOptions } from "./server/log.ts";
import type { ResourceSpec } from "./spec/resource.ts";
import type { Context } from "./storage/context.ts";
import type { IStorage } from "./storage/storage.ts";

export interface GraphQLOptions<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> {
  /** `/graphql` unless told otherwise. */
  readonly path?: string;
  readonly limits?: Partial<GraphQLLimits>;
  /** Types, fields, queries and mutations of your own, beside the derived ones. */
  readonly extend?: Extend<Specs>;
  /** `only`: run no operations but these. */
  readonly persisted?: PersistedOptions;
  /** False refuses `__schema` and `__type`. */
  readonly introspection?: boolean;
  /** False leaves "Did you mean …" out of errors. */
  readonly suggestions?: boolean;
  /** False sends everything through Yoga and GraphQL's own executor, at half the speed: to find out whether a fault is in our shorter way. */
  readonly lean?: boolean;
}

export interface PlatformOptions<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> {
  readonly resources: Specs;
  readonly storage: IStorage;
  /** In the order in which their handlers run. */
  readonly plugins?: readonly Plugin<NoInfer<Specs>>[];
  /**
   * On whose behalf a request runs: `authenticate([…])`, or a function of the request, whose throw refuses it. Everybody is
   * `anonymous` unless told otherwise.
   */
  readonly actor?: ActorOption;
  /** May this actor…? Asked by every operation, on every door. Everything is allowed unless told otherwise. */
  readonly authorize?: Authorize;
  readonly graphql?: GraphQLOptions<Specs>;
  /** `basePath`: before every path, none unless told otherwise: `/api`. */
  readonly rest?: { readonly basePath?: string; readonly templates?: readonly Template[] };
  /** `GET /blobs/{id}` sends clients to the store itself, where that has URLs of its own (S3); unless told, bytes pass through the server. */
  readonly presignedUrls?: PresignOptions;
  /** Which pages of other origins may ask; none unless told otherwise. */
  readonly cors?: CorsOptions;
  /** Answers of 1 KiB and more are compressed as the client asks for it; false for never. */
  readonly compression?: CompressionOptions | false;
  /** What the OpenAPI document says of the whole: info, servers, how clients prove who they are. */
  readonly openapi?: OpenApiOptions;
  /** Where tables do not fit the resources: make it so (`apply`, unless told otherwise), or end the start with what would have to be done. */
  readonly schemaChanges?: SchemaChangesMode;
  /** How long a read may take before it is answered TIMEOUT: 30 000 ms unless told otherwise. */
  readonly deadlineMs?: number;
  readonly feed?: Partial<FeedOptions>;
  readonly limits?: Partial<Limits>;
  /** JSON lines on standard output; false for none. */
  readonly log?: LogOptions | false;
  /** Where time, ids and randomness come from. */
  readonly context?: Context;
}
