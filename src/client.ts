// For browsers too: no guard of Node's version, and nothing is imported at run time but what stands in `client` and `errors.ts`.
export type { BlobClient, BlobJson, BlobSource } from "./client/blob-client.ts";
export { type ClientOptions, createClient, type Operations, type SpecStarClient } from "./client/create-client.ts";
export type { BatchResult, PageJson, ResourceClient, ResourceJson, RevisionJson, WrittenJson } from "./client/resource-client.ts";
export { type ErrorCode, type ErrorDetails, type Issue, SpecStarError } from "./errors.ts";
