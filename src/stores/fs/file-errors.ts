import { fail, SpecStarError } from "../../errors.ts";

/** What each errno means to the person who runs the program. Paths stay out: these texts reach clients. */
const unavailable: Partial<Record<string, string>> = {
  ENOSPC: "The disk of the data directory is full. Free some space and try again",
  EDQUOT: "The disk quota of the data directory is used up. Raise it and try again",
  EROFS: "The data directory is on a read-only file system. Remount it for writing",
  EACCES: "The data directory may not be used by this process. Change its owner or its permissions",
  EPERM: "The data directory may not be used by this process. Change its owner or its permissions",
  EMFILE: "This process has too many open files. Raise its limit (ulimit -n)",
  ENFILE: "The machine has too many open files. Raise its limit (fs.file-max)",
  ENOTDIR: "The data directory is a file, or lies beneath one. Choose another directory",
  EEXIST: "The data directory is a file, or lies beneath one. Choose another directory",
  EIO: "The disk of the data directory fails. Check its hardware",
};

export function hasErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && "code" in thrown && codes.some((code) => code === thrown.code);
}

/** File system errors as typed ones, by errno. `opening` is the directory while it is being opened: only then it is named. */
export function fileError(thrown: unknown, opening?: string): unknown {
  if (thrown instanceof SpecStarError || !(thrown instanceof Error) || !("syscall" in thrown) || !("code" in thrown)) return thrown;
  if (thrown.code === "ELOOP")
    return fail(
      "DATA_CORRUPTION",
      "A symbolic link stands where stored bytes should be. Remove it and restore the file from a backup",
      {},
      thrown,
    );
  const text =
    unavailable[String(thrown.code)] ?? `The data directory cannot be used (${String(thrown.code)}). Check the disk and the permissions`;
  return fail("UNAVAILABLE", opening === undefined ? text : `${opening}: ${text}`, {}, thrown);
}
