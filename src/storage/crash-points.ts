/** Every step of a write that can be interrupted, by name. In production a hit does nothing; crash tests kill, throw or wait. */
export const crashPoints = [
  "before-bytes",
  "after-bytes",
  "before-transaction",
  "after-compare-and-set",
  "before-commit",
  "after-journal",
  "after-commit",
  "before-sequence",
  "after-sequence",
  "before-orphans-deleted",
  "blob-bytes-written",
  "before-blob-row",
] as const;

/** The same for the steps in which a store's tables are brought to other specs. */
export const schemaCrashPoints = ["after-columns-added", "before-fill-batch", "after-fill-batch", "before-fields-ready"] as const;

/** The same for imports, which write in many units of work. */
export const importCrashPoints = ["before-import-batch"] as const;

export type CrashPoint = (typeof crashPoints)[number] | (typeof schemaCrashPoints)[number] | (typeof importCrashPoints)[number];

let onHit: ((point: CrashPoint) => void) | undefined;

export function crashPoint(point: CrashPoint): void {
  onHit?.(point);
}

/** For tests only: what happens at each point, until it is set again. */
export function setCrashHandler(handler: ((point: CrashPoint) => void) | undefined): void {
  onHit = handler;
}
