import type { Plugin } from "../src/index.ts";

export interface ChangeLine {
  readonly resource: string;
  readonly operation: string;
  readonly id: string | undefined;
  readonly version: number | undefined;
  readonly by: string;
}

/** Tells `write` of every committed change, one plain object each: for a log, or to see what a program does. */
export const changeLog = (write: (line: ChangeLine) => void): Plugin => ({
  name: "change-log",
  on: {
    "*.*.after": ({ type, operation, id, result, actor }) =>
      write({ resource: type, operation, id: id ?? result?.id, version: result?.version, by: actor.id }),
  },
});
