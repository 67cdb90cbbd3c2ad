import "./version-guard.ts";

export { type ErrorCode, type ErrorDetails, errorCodes, type Issue, SpecStarError } from "./errors.ts";
export type { EventKind, FeedEvent, SubscribeArgs } from "./feed/feed-event.ts";
export { type Actor, anonymous } from "./manager/actor.ts";
export type { JsonPatchOperation } from "./manager/apply-patch.ts";
export type { AccessDecision, AccessRequest, Authorize } from "./manager/authorize.ts";
export type { Blobs } from "./manager/blobs.ts";
export type { AfterEvent, BeforeEvent, EventHandlers, FailureEvent, Operation, Phase, Plugin, WriteOperation } from "./manager/events.ts";
export type { Page, PageArgs, PageInfo } from "./manager/page.ts";
export type { Resource, ResourceMeta, RevisionInfo, RevisionView, Written } from "./manager/resource.ts";
export type { ResourceManager } from "./manager/resource-manager.ts";
export type { Precondition, WriteOptions } from "./manager/write-options.ts";
export { createPlatform, type Platform, type PlatformOptions } from "./platform.ts";
export { type BlobSchema, blob, type OnDelete, type RefSchema, ref } from "./spec/field.ts";
export { Query, query, type SearchArgsOf, type WhereOf } from "./spec/query-builder.ts";
export { type DataOf, defineResource, type InputOf, type ResourceOptions, type ResourceSpec } from "./spec/resource.ts";
export type { IStorage } from "./storage/storage.ts";
