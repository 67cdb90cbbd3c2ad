import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPlatform } from "specstar";
import { memoryStorage } from "specstar/memory";
import { openapi } from "./openapi.ts";
import { City, Country, Dataset } from "./resources.ts";

const platform = createPlatform({ resources: [Country, City, Dataset], storage: memoryStorage(), openapi, log: false });
writeFileSync(join(import.meta.dirname, "openapi.json"), `${JSON.stringify(platform.openapi(), null, 2)}\n`);
await platform.close();
