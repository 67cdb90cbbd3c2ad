import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { printSDL } from "specstar/schema";
import { City, Country, Dataset } from "./resources.ts";

writeFileSync(join(import.meta.dirname, "schema.graphql"), printSDL([Country, City, Dataset]));
