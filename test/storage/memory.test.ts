import { memoryStorage } from "../../src/memory.ts";
import { storageConformance } from "./conformance.ts";

storageConformance("memory", async (variant) => ({ storage: memoryStorage(variant), cleanup: () => {} }));
