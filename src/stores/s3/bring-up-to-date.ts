import { stat } from "node:fs/promises";
import { fail, SpecStarError } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { JournaledFile } from "../sqlite/journaled-file.ts";
import { sqliteError } from "../sqlite/sqlite-errors.ts";
import type { CommitLog } from "./commit-log.ts";
import type { NodeIdentity } from "./lease.ts";
import type { Snapshot, Snapshots } from "./snapshots.ts";

export interface Kept {
  readonly epoch: string;
  readonly log: CommitLog;
  readonly snapshots: Snapshots;
}

/**
 * Makes a database file hold all that the bucket has: from its newest snapshot and what the log has behind it, or, where the
 * file is there already, from the log alone. Then writes an entry of this node, so that no other one can go on in the log.
 */
export async function bringUpToDate(path: string, kept: Kept, node: NodeIdentity, context: Context): Promise<void> {
  const newest = (await kept.snapshots.all()).at(-1);
  if (!newest) throw noSnapshot();
  const file = (await openUsable(path, kept, newest)) ?? (await restore(path, kept, newest));
  try {
    do await replay(file, kept.log);
    while (!(await seal(file, kept.log, node, context)));
  } finally {
    file.close();
  }
}

/** Makes a file of all that the bucket has now, and leaves the bucket as it is: others may be writing to it. */
export async function copyStore(path: string, kept: Kept): Promise<void> {
  const newest = (await kept.snapshots.all()).at(-1);
  if (!newest) throw noSnapshot();
  const file = await restore(path, kept, newest);
  try {
    await replay(file, kept.log);
  } finally {
    file.close();
  }
}

const noSnapshot = () => fail("DATA_CORRUPTION", "The bucket has no snapshot of this store. Restore the objects under snapshots/");

/** The file that is there, if the log still has all that it lacks. */
async function openUsable(path: string, { epoch, log }: Kept, newest: Snapshot): Promise<JournaledFile | undefined> {
  if (!(await isThere(path))) return undefined;
  const file = await JournaledFile.open(path);
  try {
    const { position } = file;
    if (file.epoch !== epoch && position > 0)
      throw fail("UNSUPPORTED", `${path} belongs to another store than the bucket. Choose another folder, bucket or prefix`);
    const usable = file.epoch === epoch && (position >= newest.position || (await log.firstAfter(position)) === position + 1);
    if (usable && position > newest.position && !(await log.read(position)))
      throw fail(
        "DATA_CORRUPTION",
        `The object ${log.key(position)} in the bucket is missing, and ${path} is further. Restore the objects under log/`,
      );
    if (usable) return file;
  } catch (thrown) {
    file.close();
    throw thrown;
  }
  file.close();
  return undefined;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function restore(path: string, { snapshots }: Kept, newest: Snapshot): Promise<JournaledFile> {
  await snapshots.restore(newest, path);
  return JournaledFile.open(path);
}

async function replay(file: JournaledFile, log: CommitLog): Promise<void> {
  for await (const { position, steps } of log.after(file.position)) {
    try {
      file.apply(position, steps);
    } catch (thrown) {
      const error = sqliteError(thrown);
      throw error instanceof SpecStarError
        ? error
        : fail("DATA_CORRUPTION", `The object ${log.key(position)} in the bucket does not fit what was before it`, {}, thrown);
    }
  }
}

/** False where another node was quicker. */
async function seal(file: JournaledFile, log: CommitLog, { session, name }: NodeIdentity, context: Context): Promise<boolean> {
  const position = file.position + 1;
  if ((await log.append({ position, id: context.uuid(), session, name, steps: [] })) === undefined) return false;
  file.apply(position, []);
  return true;
}
