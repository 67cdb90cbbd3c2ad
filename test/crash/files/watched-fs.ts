import * as real from "node:fs/promises";

/** One file call of the stores. */
export interface FileCall {
  /** As in `node:fs/promises`; of an open file with its dot: `.datasync`. */
  readonly name: string;
  readonly path: string;
  /** Where link and rename lead. */
  readonly to?: string;
  /** What is written. */
  readonly bytes?: Uint8Array;
  /** The file is made by this call. */
  readonly creates?: boolean;
}

export interface FileWatch {
  /** Before the call; what it throws is what the call throws. */
  readonly before: (call: FileCall) => void;
  /** After a call that succeeded. */
  readonly after: (call: FileCall) => void;
}

const nothing: FileWatch = { before: () => {}, after: () => {} };
let watch = nothing;

export function watchFiles(next: FileWatch | undefined): void {
  watch = next ?? nothing;
}

async function watched<T>(call: FileCall, run: () => Promise<T>): Promise<T> {
  const { before, after } = watch;
  // A close that fails has closed all the same.
  if (call.name !== ".close") before(call);
  const answer = await run();
  if (call.name === ".close") before(call);
  after(call);
  return answer;
}

export async function open(path: string, flags: number, mode?: number): Promise<real.FileHandle> {
  const creates = (flags & real.constants.O_CREAT) !== 0;
  const handle = await watched({ name: "open", path, creates }, () => real.open(path, flags, mode));
  return new Proxy(handle, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => {
        const bytes = args[0] instanceof Uint8Array && String(key).endsWith("File") ? { bytes: args[0] } : {};
        return watched({ name: `.${String(key)}`, path, ...bytes }, async () => Reflect.apply(value, target, args));
      };
    },
  });
}

export const mkdir = (path: string) => watched({ name: "mkdir", path, creates: true }, () => real.mkdir(path));
export const link = (path: string, to: string) => watched({ name: "link", path, to }, () => real.link(path, to));
export const rename = (path: string, to: string) => watched({ name: "rename", path, to }, () => real.rename(path, to));
export const unlink = (path: string) => watched({ name: "unlink", path }, () => real.unlink(path));
export const lstat = (path: string) => watched({ name: "lstat", path }, () => real.lstat(path));
export const stat = (path: string) => watched({ name: "stat", path }, () => real.stat(path));
export const readdir = (path: string) => watched({ name: "readdir", path }, () => real.readdir(path));
export const opendir = (path: string) => watched({ name: "opendir", path }, () => real.opendir(path));
