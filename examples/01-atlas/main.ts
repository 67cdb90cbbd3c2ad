import { resolve } from "node:path";
import { diskStorage } from "specstar/disk";
import { runAtlas } from "./run.ts";

const dir = resolve(process.env.DATA_DIR ?? "data");
await runAtlas(() => ({ storage: diskStorage(dir), where: dir }));
