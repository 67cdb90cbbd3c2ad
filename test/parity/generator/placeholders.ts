/**
 * A generated value names what is only known when the sequence runs: the third thing that was made, a cursor of an earlier page.
 * An operation therefore means something whatever others stand before it, and shrinks by itself.
 */
export const own = (text: string) => ({ $own: text });
export const idOf = (type: string, n: number) => ({ $id: type, n });
export const revisionOf = (type: string, n: number) => ({ $revision: type, n });
export const blobOf = (n: number) => ({ $blob: n });
export const versionOf = (seen: "now" | "old" | "none") => ({ $version: seen });
export const cursorOf = (n: number) => ({ $cursor: n });
export const instantOf = (n: number) => ({ $at: n });

/** What the placeholders of a sequence stand for. */
export interface Known {
  /** Of the sequence: what it calls its own is nobody else's on the same platform. */
  readonly number: number;
  readonly ids: ReadonlyMap<string, readonly string[]>;
  readonly versions: ReadonlyMap<string, number>;
  readonly blobs: readonly string[];
  readonly cursors: readonly string[];
  /** One per step so far. */
  readonly instants: readonly string[];
}

const at = <T>(list: readonly T[] | undefined, n: number): T | undefined => list?.[n % Math.max(1, list.length)];

/** @param id of the resource that a version is asked of */
export function resolved(value: unknown, known: Known, id?: string): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, known, id));
  if (typeof value !== "object" || value === null) return value;
  const given = new Map<string, unknown>(Object.entries(value));
  const n = Number(given.get("n") ?? 0);
  const [[name, argument] = ["", undefined]] = given;
  switch (name) {
    case "$own":
      return `${String(argument)}-${known.number}`;
    case "$id":
      return at(known.ids.get(String(argument)), n) ?? `${String(argument)}_none-${known.number}`;
    case "$revision":
      return `${at(known.ids.get(String(argument)), n) ?? `${String(argument)}_none-${known.number}`}:${1 + (n % 3)}`;
    case "$blob":
      return at(known.blobs, Number(argument)) ?? "blob_none";
    case "$cursor":
      return at(known.cursors, Number(argument));
    case "$at":
      return at(known.instants, Number(argument)) ?? "2026-01-01T00:00:00Z";
    case "$version": {
      const version = known.versions.get(id ?? "") ?? 1;
      return argument === "now" ? version : argument === "old" ? version + 1 - 2 * Math.min(1, version - 1) : undefined;
    }
    default: {
      const inner = resolved(given.get("id"), known);
      const of = typeof inner === "string" ? inner : id;
      return Object.fromEntries(
        [...given].map(([key, each]) => [key, resolved(each, known, of)] as const).filter(([, each]) => each !== undefined),
      );
    }
  }
}
