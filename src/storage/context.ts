import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";

/** Where time, ids and randomness come from: one place, so that tests can set all three. */
export interface Context {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A UUIDv7, increasing within a process. */
  uuid(): string;
  randomBytes(count: number): Uint8Array;
  /** From 0 up to 1, for jitter. */
  random(): number;
}

export const systemContext: Context = { now: () => Date.now(), uuid: uuidv7, randomBytes, random: () => Math.random() };
