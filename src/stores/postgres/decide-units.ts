import type { ResourceSpec } from "../../spec/resource.ts";
import { guardsOf, type ReferrersGuard, type RowGuard } from "../../storage/guards-of.ts";
import { heldUp, keysOf } from "../../storage/held-up.ts";
import type { MetaResult, MetaUnit } from "../../storage/meta-store.ts";
import type { Change, MetaRow, PlacedRevision, Reply, UnitFailure } from "../../storage/rows.ts";
import { encode, stateNumber } from "../sql/resource-rows.ts";
import type { Bind } from "../sql/sql-text.ts";

/** A resource's row, as far as it decides over changes. */
export interface SeenRow {
  readonly version: number;
  readonly state: number;
  /** Of its unique columns. */
  readonly values: Readonly<Record<string, Bind>>;
}

/** What the database held of all that some units build upon, and cannot change while the transaction is open. */
export interface Seen {
  readonly rows: ReadonlyMap<string, SeenRow>;
  /** Ids of live resources, by `claimKey`, for the values that the units claim. */
  readonly holders: ReadonlyMap<string, string>;
  /** Ids of live resources, by `referrersKey`, for the guards. */
  readonly referrers: ReadonlyMap<string, ReadonlySet<string>>;
  readonly replies: ReadonlyMap<string, Reply>;
  readonly blobs: ReadonlySet<string>;
  /** Keys of bytes that may be gone. */
  readonly swept: ReadonlySet<string>;
}

/** What becomes of a unit that cannot be written. */
export type Refused = MetaResult & { readonly ok: false };

export const rowKey = (type: string, id: string): string => `${type} ${id}`;
export const claimKey = (type: string, column: string, value: Bind): string => JSON.stringify([type, column, value]);
export const referrersKey = (type: string, column: string, id: string): string => JSON.stringify([type, column, id]);

/** What a row is after a change, and what its columns hold then. */
interface Written extends SeenRow {
  readonly type: string;
  readonly meta: MetaRow;
}

/** Changes on top of what was seen: of the units that were accepted, and of the one that is being tried. */
interface Overlay {
  readonly rows: Map<string, Written>;
  readonly holders: Map<string, string | undefined>;
  readonly replies: Map<string, Reply>;
}

const emptyOverlay = (): Overlay => ({ rows: new Map(), holders: new Map(), replies: new Map() });

/** Which units fail and why, as if they were committed one after the other; undefined for those that can be written. */
export function decideUnits(
  units: readonly MetaUnit[],
  seen: Seen,
  specOf: (type: string) => ResourceSpec,
): readonly (Refused | undefined)[] {
  const accepted = emptyOverlay();
  return units.map((unit) => {
    if (keysOf(unit).some((key) => seen.swept.has(key))) return { ok: false, error: heldUp() };
    const trial = new Trial(seen, accepted, specOf);
    const failure = trial.apply(unit);
    if (failure) return { ok: false, failure };
    trial.accept();
    return undefined;
  });
}

class Trial {
  readonly #seen: Seen;
  readonly #accepted: Overlay;
  readonly #own = emptyOverlay();
  readonly #specOf: (type: string) => ResourceSpec;

  constructor(seen: Seen, accepted: Overlay, specOf: (type: string) => ResourceSpec) {
    this.#seen = seen;
    this.#accepted = accepted;
    this.#specOf = specOf;
  }

  accept(): void {
    for (const part of ["rows", "holders", "replies"] as const) merge<unknown>(this.#accepted[part], this.#own[part]);
  }

  apply({ changes, guards, reply }: MetaUnit): UnitFailure | undefined {
    const kept = reply && (this.#accepted.replies.get(reply.key) ?? this.#seen.replies.get(reply.key));
    if (kept) return { kind: "replay", reply: kept };
    const [first, last] = guardsOf({ guards: guards ?? [] });
    for (const guard of first) if (!this.#holds(guard)) return { kind: "guard", guard };
    for (const change of changes) {
      const failure = this.#change(change);
      if (failure) return failure;
    }
    for (const guard of last) if (this.#hasReferrer(guard)) return { kind: "guard", guard };
    if (reply) this.#own.replies.set(reply.key, reply);
    return undefined;
  }

  #change({ type, meta, expected, blobs }: Change<PlacedRevision>): UnitFailure | undefined {
    const missing = blobs?.find((id) => !this.#seen.blobs.has(id));
    if (missing !== undefined) return { kind: "blob", id: missing };
    const old = this.#row(type, meta.id);
    if (expected === 0 && old) return { kind: "taken", id: meta.id };
    if (expected > 0 && (old?.version !== expected || old.state === stateNumber.purged))
      return { kind: "version", id: meta.id, actual: old && old.state !== stateNumber.purged ? old.version : 0 };
    return this.#claim(type, meta, old);
  }

  /** Frees the unique values of the row before, takes those of the row after. */
  #claim(type: string, meta: MetaRow, old: SeenRow | undefined): UnitFailure | undefined {
    const { uniques } = this.#specOf(type);
    const values: Record<string, Bind> = {};
    for (const { name } of uniques) {
      if (old?.state === stateNumber.live) this.#hold(type, name, old.values[name] ?? null, undefined);
      values[name] = encode(meta.columns[name] ?? null);
    }
    for (const { name } of meta.state === "live" ? uniques : []) {
      const holder = this.#holder(claimKey(type, name, values[name] ?? null));
      if (holder !== undefined && values[name] !== null) return { kind: "unique", type, columns: [name], holder };
    }
    for (const { name } of meta.state === "live" ? uniques : []) this.#hold(type, name, values[name] ?? null, meta.id);
    this.#own.rows.set(rowKey(type, meta.id), { type, meta, version: meta.version, state: stateNumber[meta.state], values });
    return undefined;
  }

  #hold(type: string, column: string, value: Bind, holder: string | undefined): void {
    if (value !== null) this.#own.holders.set(claimKey(type, column, value), holder);
  }

  #holder(key: string): string | undefined {
    for (const { holders } of [this.#own, this.#accepted]) if (holders.has(key)) return holders.get(key);
    return this.#seen.holders.get(key);
  }

  #row(type: string, id: string): SeenRow | undefined {
    const key = rowKey(type, id);
    return this.#own.rows.get(key) ?? this.#accepted.rows.get(key) ?? this.#seen.rows.get(key);
  }

  #holds(guard: RowGuard): boolean {
    const row = this.#row(guard.type, guard.id);
    if (guard.kind === "version") return row?.version === guard.version;
    return (row?.state === stateNumber.live) === (guard.kind === "exists");
  }

  #hasReferrer({ type, column, id }: ReferrersGuard): boolean {
    const written = new Map([...this.#accepted.rows, ...this.#own.rows]);
    for (const { type: other, meta } of written.values()) {
      const value = other === type && meta.state === "live" ? meta.columns[column] : null;
      if (value === id || (Array.isArray(value) && value.includes(id))) return true;
    }
    const referrers = this.#seen.referrers.get(referrersKey(type, column, id)) ?? new Set();
    return [...referrers].some((referrer) => !written.has(rowKey(type, referrer)));
  }
}

function merge<T>(into: Map<string, T>, from: ReadonlyMap<string, T>): void {
  for (const [key, value] of from) into.set(key, value);
}
