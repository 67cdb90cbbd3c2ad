import "./version-guard.ts";

export { type ErrorCode, type ErrorDetails, errorCodes, type Issue, SpecStarError } from "./errors.ts";
export type { Feed, FeedOptions } from "./feed/feed.ts";
export type { EventKind, FeedEvent, FeedPage, PollArgs, SubscribeArgs } from "./feed/feed-event.ts";
export { FeedConsumer, ParkedEvent } from "./feed/feed-specs.ts";
export type { ActionMethods } from "./manager/action-methods.ts";
export { type Actor, anonymous } from "./manager/actor.ts";
export type { Archive, ExportOptions, ImportOptions } from "./manager/archive/archive-door.ts";
export type { OnConflict } from "./manager/archive/decide-import.ts";
export type { ImportResult } from "./manager/archive/import-archive.ts";
export type { Progress } from "./manager/archive/progress.ts";
export type { AccessDecision, AccessRequest, Authorize } from "./manager/authorize.ts";
export type { BlobOptions, Blobs } from "./manager/blobs/blobs.ts";
export type { Limits } from "./manager/limits.ts";
export type { CreateOptions, CreateOptionsOf } from "./manager/operations/create.ts";
export type { RevisionDiff } from "./manager/operations/diff.ts";
export type { GetOptions } from "./manager/operations/get.ts";
export type { ModifyOptions } from "./manager/operations/modify.ts";
export type { Purged } from "./manager/operations/purge.ts";
export type { RevisionAt } from "./manager/operations/revision.ts";
export type { RevisionConnection, RevisionsArgs } from "./manager/operations/revisions.ts";
export type { SearchPage } from "./manager/operations/search.ts";
export type { TransactOptions } from "./manager/operations/transact.ts";
export type { Page, PageArgs, PageInfo } from "./manager/page.ts";
export type {
  ActionAfterEvent,
  ActionBeforeEvent,
  AfterEvent,
  BeforeEvent,
  EventHandlers,
  FailureEvent,
  FeedHandlerEvent,
  HandlerTools,
  Operation,
  OperationName,
  Phase,
  PluginPlatform,
  WriteOperation,
} from "./manager/plugins/events.ts";
export { definePlugin, type FeedHandling, type Plugin, type PluginDefinition } from "./manager/plugins/plugin.ts";
export type { ReferrerGroup } from "./manager/references/referrer-groups.ts";
export type { ActionResult, Resource, RevisionInfo, RevisionView, Written } from "./manager/resource.ts";
export type { ResourceManager } from "./manager/resource-manager.ts";
export type {
  ActionOptions,
  Operation as TransactOperation,
  ResourceOperation,
  UniqueKey,
  UpsertOptions,
} from "./manager/resource-operation.ts";
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
export {
  type AuthenticateOptions,
  type Authenticator,
  authenticate,
  type Claim,
  type Credentials,
  type Identity,
  type Scheme,
  type SchemeServices,
} from "./server/authenticate.ts";
export type { ActorOption } from "./server/identify.ts";
export type { LogOptions } from "./server/log.ts";
export type { Listening, ListenOptions } from "./server/node.ts";
export type { Action, ActionData, ActionTypes, ActionTypesOf } from "./spec/action.ts";
export type { ActionCall, ActionResource, UnitResources, WrittenState } from "./spec/action-call.ts";
export type { Aggregate, AggregateArgs } from "./spec/aggregate.ts";
export type { Column } from "./spec/column.ts";
export { type BlobSchema, blob, type Field, type RefSchema, ref } from "./spec/field.ts";
export type { Names } from "./spec/names.ts";
export type { JsonPatchOperation, MergePatch, Patch } from "./spec/patch.ts";
export type { IndexedPaths, ListOperators, Operators, OrderKey, TextOperators, Where } from "./spec/paths.ts";
export { type FieldsOf, Query, query, type SearchArgs, type SearchArgsOf, type WhereOf } from "./spec/query-builder.ts";
export type { Upcaster } from "./spec/read-data.ts";
export type { OnDelete, RefOptions } from "./spec/ref.ts";
export {
  type ActionInputOf,
  type ActionName,
  type ActionOutputOf,
  type DataOf,
  defineResource,
  type InputOf,
  type ResourceOptions,
  type ResourceSpec,
} from "./spec/resource.ts";
export type { ResourceMeta, ResourceState } from "./spec/resource-state.ts";
export type { Context } from "./storage/context.ts";
export type { BlobRow, ChangeKind, RevisionStatus } from "./storage/rows.ts";
export type { IStorage, StorageCapabilities } from "./storage/storage.ts";
export { type FieldProgress, type SchemaChange, type StoredSchema, schemaPlanText } from "./storage/stored-schema.ts";
