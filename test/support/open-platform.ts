import { rm } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { memoryStorage } from "../../src/memory.ts";
import { createPlatform, type PlatformOptions } from "../../src/platform.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "./new-directory.ts";

/**
 * The behaviour suites run once on memory, and once on disk with a plugin that listens to everything and does nothing, all of
 * GraphQL through Yoga and the reference executor.
 */
export const onDisk = process.env.SPECSTAR_TEST_STORAGE === "disk";

const noOp = {
  name: "no-op",
  on: { "*.*.before": () => {}, "*.*.plan": () => {}, "*.*.after": () => {}, "*.*.failure": () => {} },
};

/** A storage of the kind under test, gone when the test ends. */
export async function openStorage(): Promise<IStorage> {
  if (!onDisk) return memoryStorage();
  const folder = await newDirectory("test");
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return diskStorage(folder, { inlineBytes: 256 });
}

/** A platform of its own for one test, closed when the test ends. */
export async function openPlatform<const Specs extends readonly ResourceSpec[]>(
  resources: Specs,
  options: Partial<PlatformOptions<Specs>> = {},
) {
  const storage = options.storage ?? (await openStorage());
  const plugins = onDisk ? [noOp, ...(options.plugins ?? [])] : (options.plugins ?? []);
  const graphql = onDisk ? { lean: false, ...options.graphql } : options.graphql;
  const platform = createPlatform<Specs>({ log: false, ...options, ...(graphql ? { graphql } : {}), resources, storage, plugins });
  onTestFinished(() => platform.close());
  await platform.ready();
  return platform;
}
