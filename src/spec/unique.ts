import { type Column, claimColumn, columnLabel } from "./column.ts";

/** What live resources have each for themselves: the value of a field, or those of several fields together. */
export type UniqueEntry<P extends string> = P | readonly [P, P, ...P[]] | UniqueFields<P>;

export interface UniqueFields<P extends string> {
  readonly fields: readonly [P, ...P[]];
  /** Texts that differ only in case are the same, as `toLowerCase()` of JavaScript makes them. */
  readonly ignoreCase?: boolean;
}

const isText = (value: unknown): boolean => typeof value === "string";
const members: readonly string[] = ["fields", "ignoreCase"] satisfies (keyof UniqueFields<string>)[];

export function isUniqueEntry(value: unknown): boolean {
  if (isText(value)) return true;
  if (Array.isArray(value)) return value.length > 1 && value.every(isText);
  if (typeof value !== "object" || value === null || !Object.keys(value).every((key) => members.includes(key))) return false;
  const { fields, ignoreCase = false }: { fields?: unknown; ignoreCase?: unknown } = value;
  return Array.isArray(fields) && fields.length > 0 && fields.every(isText) && typeof ignoreCase === "boolean";
}

/** An entry with all that it may leave out. */
export function uniqueFields(entry: UniqueEntry<string>): { readonly fields: readonly string[]; readonly ignoreCase: boolean } {
  if (typeof entry === "string") return { fields: [entry], ignoreCase: false };
  return "fields" in entry ? { fields: entry.fields, ignoreCase: entry.ignoreCase ?? false } : { fields: entry, ignoreCase: false };
}

/**
 * The columns whose values are taken by one live resource only: a field's own, or one that is made for it.
 * @param columns of all fields that are named
 * @throws what `refuse` makes of lists, of a case that no text has, and of fields that are named twice
 */
export function uniqueColumns(
  entries: readonly UniqueEntry<string>[],
  columns: readonly Column[],
  refuse: (message: string, field: string) => Error,
): readonly Column[] {
  const taken = new Set<string>();
  return entries.map((entry) => {
    const { fields, ignoreCase } = uniqueFields(entry);
    const named = fields.join(", ");
    const own = fields.flatMap((path) => columns.find((column) => columnLabel(column) === path) ?? []);
    const list = own.find(({ array }) => array);
    if (list) throw refuse(`unique field ${list.key} is a list; only single values can be unique`, list.key);
    if (new Set(fields).size < fields.length) throw refuse(`unique: ${named} names a field twice`, named);
    if (ignoreCase && !own.some(({ type }) => type === "string")) throw refuse(`unique: ${named} has no case that could be ignored`, named);
    const key = fields.toSorted().join();
    if (taken.has(key)) throw refuse(`unique: ${named} is named twice`, named);
    taken.add(key);
    const [single] = own;
    return single && own.length === 1 && !ignoreCase ? single : claimColumn(own, ignoreCase);
  });
}

/** The fields that a unique column is about. */
export const uniqueMembers = (column: Column): readonly Column[] => column.claim?.members ?? [column];
