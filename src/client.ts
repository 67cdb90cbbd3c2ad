// For browsers too: no guard of Node's version, and nothing is imported at run time but what stands in `client`, `errors.ts` and `spec/letter-case.ts`.
export type { BlobClient, BlobJson, BlobSource } from "./client/blob-client.ts";
export { type ClientOptions, createClient, type Operations, type SpecStarClient } from "./client/create-client.ts";
export type {
  ActionJson,
  BatchResult,
  PageJson,
  ResourceClient,
  ResourceJson,
  RevisionJson,
  WrittenJson,
} from "./client/resource-client.ts";
export { type ErrorCode, type ErrorDetails, type Issue, SpecStarError } from "./errors.ts";
