import "../src/version-guard.ts";

export { buildSchema, printSDL } from "./build-schema.ts";
export { defaultGraphQLLimits, type GraphQLLimits } from "./limits.ts";
