import type { Column } from "../../spec/column.ts";
import { isKept, type OnDelete } from "../../spec/ref.ts";
import { refFields } from "../../spec/refs-in.ts";
import type { ResourceSpec } from "../../spec/resource.ts";

/** A ref to the resources of a spec, seen from these. */
export interface Incoming {
  readonly from: ResourceSpec;
  readonly column: Column;
  readonly rule: Exclude<OnDelete, "dangling">;
}

/** What a spec has to do with refs that are looked after, worked out once. */
export interface KeptRefs {
  /** Columns of its own refs. */
  readonly own: readonly (Column & { readonly ref: NonNullable<Column["ref"]> })[];
  /** It has refs that are pinned to revisions. */
  readonly pins: boolean;
  /** Refs that lead to its resources. */
  readonly incoming: readonly Incoming[];
}

const none: KeptRefs = { own: [], pins: false, incoming: [] };

/** By spec name. Refs that may dangle are nobody's business. */
export function keptRefsOf(specs: readonly ResourceSpec[]): (type: string) => KeptRefs {
  const own = new Map(specs.map((spec) => [spec.name, spec.stored.filter(isKeptColumn)]));
  const incoming = specs.flatMap((from) =>
    (own.get(from.name) ?? []).flatMap((column): Incoming[] => {
      const { onDelete } = column.ref;
      return onDelete === "dangling" ? [] : [{ from, column, rule: onDelete }];
    }),
  );
  const byName = new Map(
    specs.map(({ name, fields }): [string, KeptRefs] => [
      name,
      {
        own: own.get(name) ?? [],
        pins: refFields(fields).some(({ pin }) => pin !== undefined),
        incoming: incoming.filter(({ column }) => column.ref?.target === name),
      },
    ]),
  );
  return (type) => byName.get(type) ?? none;
}

const isKeptColumn = (column: Column): column is KeptRefs["own"][number] => column.ref !== undefined && isKept(column.ref);

/** The ids in a column, of one or of a list. */
export function idsIn(columns: Readonly<Record<string, unknown>> | undefined, { name }: Column): readonly string[] {
  const value = columns?.[name];
  return (Array.isArray(value) ? value : [value]).filter((id) => typeof id === "string");
}
