import { describe } from "vitest";
import { postgresMissing } from "../support/postgres-database.ts";
import { storageConformance } from "./conformance.ts";
import { openedPostgres } from "./postgres-fixtures.ts";

describe.skipIf(postgresMissing !== undefined)(`on PostgreSQL ${postgresMissing ?? ""}`, () => {
  storageConformance("postgres", openedPostgres("files"));
});
