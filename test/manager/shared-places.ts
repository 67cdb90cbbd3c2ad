import { rm } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { borrowedPlaces, storageAt } from "../storage/postgres-fixtures.ts";
import { newDirectory } from "../support/new-directory.ts";

/** Opens a store again and again, as other processes would. */
export type Opener = () => Promise<() => IStorage>;

/** Stores that several processes may have; called once per file of tests. */
export function sharedPlaces(): { readonly disk: Opener; readonly postgres: Opener } {
  const postgresPlace = borrowedPlaces();
  return {
    disk: async () => {
      const folder = await newDirectory("test");
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      return () => diskStorage(folder, { inlineBytes: 256 });
    },
    postgres: async () => {
      const place = await postgresPlace();
      return () => storageAt(place, "files", { inlineBytes: 256 });
    },
  };
}
