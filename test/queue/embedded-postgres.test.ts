import { describe } from "vitest";
import { postgresMissing } from "../support/postgres-database.ts";
import { queueConformance } from "./conformance.ts";
import { inPostgres } from "./embedded-worlds.ts";

describe.skipIf(postgresMissing !== undefined)(`on PostgreSQL ${postgresMissing ?? ""}`, () => {
  queueConformance("embedded in PostgreSQL", inPostgres);
});
