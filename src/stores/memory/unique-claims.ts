import type { ResourceSpec } from "../../spec/resource.ts";
import type { MetaRow, UnitFailure } from "../../storage/rows.ts";

/** Which live resource has which value of a unique column. */
export class UniqueClaims {
  /** Ids by type, column and value. */
  readonly #holders = new Map<string, string>();

  /** What a resource held before is free, what it holds now is its own; a failure where another one has it. */
  move(spec: ResourceSpec, old: MetaRow | undefined, now: MetaRow, undo: (() => void)[]): UnitFailure | undefined {
    for (const [, key] of claims(spec, old)) this.#set(key, undefined, undo);
    for (const [column, key] of claims(spec, now)) {
      const holder = this.#holders.get(key);
      if (holder !== undefined) return { kind: "unique", type: spec.name, columns: [column], holder };
      this.#set(key, now.id, undo);
    }
    return undefined;
  }

  #set(key: string, id: string | undefined, undo: (() => void)[]): void {
    const before = this.#holders.get(key);
    const put = (holder: string | undefined) => (holder === undefined ? this.#holders.delete(key) : this.#holders.set(key, holder));
    put(id);
    undo.push(() => put(before));
  }
}

function claims(spec: ResourceSpec, row: MetaRow | undefined): readonly (readonly [column: string, key: string])[] {
  if (row?.state !== "live") return [];
  return spec.uniques.flatMap(({ name }) => {
    const value = row.columns[name] ?? null;
    return value === null ? [] : [[name, JSON.stringify([spec.name, name, value])] as const];
  });
}
