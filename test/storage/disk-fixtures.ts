import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { type DiskOptions, diskStorage } from "../../src/disk.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "../support/new-directory.ts";
import { specs } from "./fixtures.ts";

/** A directory of its own, removed when the test has finished. */
export async function temporaryDirectory(): Promise<string> {
  const dir = await newDirectory("disk");
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

/** Opens a directory; closed when the test has finished, if it was not before. */
export async function openDisk(dir: string, options: DiskOptions = {}, of: readonly ResourceSpec[] = specs): Promise<IStorage> {
  const storage = diskStorage(dir, options);
  await storage.open(of, () => {});
  onTestFinished(() => storage.close());
  return storage;
}

export const metaFile = (dir: string): string => join(dir, "meta.db");

/** Works on the rows behind the storage's back. */
export function tamper(dir: string, sql: string, ...values: readonly (string | number)[]): void {
  const database = new Database(metaFile(dir));
  try {
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

/** Paths of the files of revisions or blobs, without half-written ones. */
export async function filesOf(dir: string, part: "revisions" | "blobs" | "."): Promise<string[]> {
  const entries = await readdir(join(dir, part), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith("tmp")).map((entry) => join(entry.parentPath, entry.name));
}

/** Changes one byte in each file that holds a text. Gives how many there were. */
export async function damage(files: readonly string[], holding: string): Promise<number> {
  let damaged = 0;
  for (const file of files) {
    const bytes = await readFile(file);
    const at = bytes.indexOf(holding);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(file, bytes);
    damaged += 1;
  }
  return damaged;
}

/** Files of the directory that hold a text, whoever wrote it there. */
export async function filesHolding(dir: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesOf(dir, ".")) if ((await readFile(file)).includes(text)) found.push(file);
  return found;
}
