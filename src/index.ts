import "./version-guard.ts";

export { type ErrorCode, type ErrorDetails, errorCodes, type Issue, SpecStarError } from "./errors.ts";
export type { Feed, FeedOptions } from "./feed/feed.ts";
export type { EventKind, FeedEvent, FeedPage, PollArgs, SubscribeArgs } from "./feed/feed-event.ts";
export { type Actor, anonymous } from "./manager/actor.ts";
export type { JsonPatchOperation } from "./manager/apply-patch.ts";
export type { AccessDecision, AccessRequest, Authorize } from "./manager/authorize.ts";
export type { BlobOptions, Blobs } from "./manager/blobs.ts";
export type { AfterEvent, BeforeEvent, EventHandlers, FailureEvent, Operation, Phase, Plugin, WriteOperation } from "./manager/events.ts";
export type { Limits } from "./manager/limits.ts";
export type { MergePatch } from "./manager/merge-patch.ts";
export type { CreateOptions, CreateOptionsOf } from "./manager/operations/create.ts";
export type { RevisionDiff } from "./manager/operations/diff.ts";
export type { GetOptions } from "./manager/operations/get.ts";
export type { ModifyOptions } from "./manager/operations/modify.ts";
export type { Patch } from "./manager/operations/patch.ts";
export type { Purged } from "./manager/operations/purge.ts";
export type { ReferrerGroup } from "./manager/operations/referrers.ts";
export type { RevisionAt } from "./manager/operations/revision.ts";
export type { RevisionConnection, RevisionsArgs } from "./manager/operations/revisions.ts";
export type { SearchPage } from "./manager/operations/search.ts";
export type { TransactOptions } from "./manager/operations/transact.ts";
export type { Page, PageArgs, PageInfo } from "./manager/page.ts";
export type { Resource, ResourceMeta, RevisionInfo, RevisionView, Written } from "./manager/resource.ts";
export type { ResourceManager } from "./manager/resource-manager.ts";
export type { Operation as TransactOperation, ResourceOperation, UniqueKey, UpsertOptions } from "./manager/resource-operation.ts";
export type { Precondition, WriteOptions } from "./manager/write-options.ts";
export { createPlatform, type Platform, type PlatformOptions } from "./platform.ts";
export { type EmbeddedQueueOptions, embeddedQueue } from "./queue/embedded-queue.ts";
export type {
  ConsumeOptions,
  Consumer,
  DeadMessage,
  Delivery,
  Depth,
  Handler,
  Message,
  MessageQueue,
  PutResult,
  QueueCapabilities,
  Settlement,
} from "./queue/message-queue.ts";
export type { OpenApiDocument, OpenApiOptions } from "./rest/openapi/document.ts";
export { planSchema, type SchemaChangesMode } from "./schema-changes.ts";
export type { LogOptions } from "./server/log.ts";
export type { Listening, ListenOptions } from "./server/node.ts";
export type { Aggregate, AggregateArgs } from "./spec/aggregate.ts";
export type { Column } from "./spec/column.ts";
export { type BlobSchema, blob, type Field, type RefSchema, ref } from "./spec/field.ts";
export type { Names } from "./spec/names.ts";
export type { IndexedPaths, ListOperators, Operators, OrderKey, TextOperators, Where } from "./spec/paths.ts";
export { type FieldsOf, Query, query, type SearchArgs, type SearchArgsOf, type WhereOf } from "./spec/query-builder.ts";
export type { Upcaster } from "./spec/read-data.ts";
export type { OnDelete, RefOptions } from "./spec/ref.ts";
export { type DataOf, defineResource, type InputOf, type ResourceOptions, type ResourceSpec } from "./spec/resource.ts";
export type { Context } from "./storage/context.ts";
export type { BlobRow, ChangeKind, RevisionStatus } from "./storage/rows.ts";
export type { IStorage, StorageCapabilities } from "./storage/storage.ts";
export { type FieldProgress, type SchemaChange, type StoredSchema, schemaPlanText } from "./storage/stored-schema.ts";
