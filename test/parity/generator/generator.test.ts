import { rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { diskStorage } from "../../../src/disk.ts";
import type { Context, IStorage } from "../../../src/index.ts";
import { memoryStorage } from "../../../src/memory.ts";
import { postgresStorage } from "../../../src/postgres.ts";
import { newDirectory } from "../../support/new-directory.ts";
import { onDisk } from "../../support/open-platform.ts";
import { paritySize } from "../../support/parity-size.ts";
import { newSchema, withoutPostgres } from "../../support/postgres-database.ts";
import { checkSequences } from "./check-sequences.ts";
import type { OpenStorage } from "./twin.ts";

async function newFolder(): Promise<string> {
  const folder = await newDirectory("parity");
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function agree(openStorage: OpenStorage, share: number): Promise<void> {
  const { seed } = paritySize;
  const count = Math.ceil(paritySize.sequences * share);
  const { failure, sequences, operations, answers } = await checkSequences({ count, seed, openStorage });
  expect(failure ?? "").toBe("");
  const times = [...answers].map(([code, n]) => `${n} ${code}`).join(", ");
  process.stdout.write(`parity: PARITY_SEED=${seed}, ${sequences} sequences, ${operations} operations on each door: ${times}\n`);
  // Of everything that a sequence can meet something was met.
  if (count >= 60)
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining(["ok", "NOT_FOUND", "VALIDATION_FAILED", "VERSION_MISMATCH", "CONFLICT", "BAD_REQUEST"]),
    );
}

async function memoryOrDisk(context: Context): Promise<IStorage> {
  return onDisk ? diskStorage(await newFolder(), { inlineBytes: 256, context }) : memoryStorage({ context });
}

async function onPostgres(context: Context): Promise<IStorage> {
  const { url, schema, drop } = await newSchema();
  onTestFinished(drop);
  return postgresStorage({ url, schema, revisions: "sql", pool: 2, context });
}

const options = { timeout: 600_000 };

// Real storages are for the differences that they could make; what operations do is the same on all of them.
test("random sequences agree on every door", options, () => agree(memoryOrDisk, onDisk ? 0.05 : 1));

test("random sequences agree on every door, on PostgreSQL", options, async () => {
  if (onDisk || withoutPostgres()) return;
  await agree(onPostgres, 0.03);
});
