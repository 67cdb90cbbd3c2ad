import { statfsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasErrno } from "../../src/stores/fs/file-errors.ts";

/** What a run of all tests takes, several times over: in a container the memory that is mounted may be far less. */
const enoughBytes = 2 ** 31;

function memory(): string | undefined {
  const path = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < enoughBytes ? undefined : path;
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT")) return undefined;
    throw thrown;
  }
}

/**
 * Data live in memory where the machine has room for them. A process that is killed loses nothing that it has written, whether
 * that was flushed or not: a real disk would only cost time. What flushing is for, a loss of power, test/crash/files proves.
 */
const root = memory() ?? tmpdir();

/** An empty directory for data that nobody else has. */
export const newDirectory = (name: string): Promise<string> => mkdtemp(join(root, `specstar-${name}-`));
