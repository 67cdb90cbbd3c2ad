import type { Filter, Related } from "../../spec/query.ts";
import type { Others, Truth } from "../../storage/evaluate.ts";
import type { MetaRow } from "../../storage/rows.ts";
import type { Entry } from "./entry.ts";

/** The other resources that the filter of one search asks about. Who refers to whom is found out once, when it is first asked for. */
export class OtherRows implements Others {
  readonly #table: (type: string) => ReadonlyMap<string, Entry>;
  readonly #truths = new Map<Filter, Map<string, Truth>>();
  readonly #referrers = new Map<string, ReadonlyMap<string, MetaRow[]>>();

  constructor(table: (type: string) => ReadonlyMap<string, Entry>) {
    this.#table = table;
  }

  of({ type, column, back }: Related, meta: MetaRow): readonly MetaRow[] {
    if (back) return this.#referringBy(type, column.name).get(meta.id) ?? [];
    const table = this.#table(type);
    return idsIn(meta, column.name).flatMap((id) => {
      const other = table.get(id)?.meta;
      return other?.state === "live" ? [other] : [];
    });
  }

  #referringBy(type: string, column: string): ReadonlyMap<string, MetaRow[]> {
    const key = `${type}.${column}`;
    const known = this.#referrers.get(key);
    if (known) return known;
    const made = new Map<string, MetaRow[]>();
    for (const { meta } of this.#table(type).values()) {
      if (meta.state !== "live") continue;
      for (const id of idsIn(meta, column)) {
        const referrers = made.get(id) ?? [];
        referrers.push(meta);
        made.set(id, referrers);
      }
    }
    this.#referrers.set(key, made);
    return made;
  }

  once(filter: Filter, { id }: MetaRow, find: () => Truth): Truth {
    const known = this.#truths.get(filter) ?? new Map<string, Truth>();
    this.#truths.set(filter, known);
    const truth = known.has(id) ? (known.get(id) ?? null) : find();
    known.set(id, truth);
    return truth;
  }
}

/** The ids that a ref holds, each once. */
export function idsIn({ columns }: MetaRow, column: string): readonly string[] {
  const value = columns[column];
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(ids.filter((id) => typeof id === "string"))];
}
