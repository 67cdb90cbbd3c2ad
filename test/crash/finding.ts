/** The invariants, by name. */
export const rules = [
  /** An acknowledged write is not there, or not as it was acknowledged. */
  "lost",
  /** A write is there that was refused, or that nobody made. */
  "ghost",
  /** Of several changes in one unit, some are there. */
  "half",
  /** A version that two writes were told to have made. */
  "version-twice",
  /** Bytes do not match their hash or are not those that were written. */
  "corrupt",
  /** A row points at bytes or at a revision that are not there. */
  "dangling",
  "numbers",
  "parents",
  /** Meta, pointer history or a past state is not what the feed says. */
  "history",
  "instants",
  /** A list as of an instant is not what feed and revisions say. */
  "past",
  "feed-gap",
  "feed-order",
  "index",
  "unique",
  "orphan",
  "reply",
  /** A read that was not current at any time between call and answer. */
  "stale-read",
  /** A write that took effect before it was called or after it was answered. */
  "real-time",
  /** Data of a stable revision has changed. */
  "stable",
  /** An answer that no storage may give. */
  "answer",
  /** What is there cannot be used any more. */
  "stuck",
] as const;
export type Rule = (typeof rules)[number];

export interface Finding {
  readonly rule: Rule;
  readonly about: string;
}

export const finding = (rule: Rule, about: string): Finding => ({ rule, about });
