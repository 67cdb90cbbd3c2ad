import "../src/version-guard.ts";

export { buildSchema, printSDL } from "./build-schema.ts";
export type { Builder } from "./builder.ts";
export type { GraphQLContext } from "./context.ts";
export type { DerivedTypes, Extend } from "./extend.ts";
export { defaultGraphQLLimits, type GraphQLLimits } from "./limits.ts";
export type { PersistedOptions } from "./persisted-operations.ts";
