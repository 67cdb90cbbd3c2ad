import { queueConformance } from "./conformance.ts";
import { inMemory, inSqlite } from "./embedded-worlds.ts";

queueConformance("embedded in memory", inMemory);
queueConformance("embedded in SQLite", inSqlite);
