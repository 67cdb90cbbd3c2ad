import { hash } from "node:crypto";

/** What a parameter can hold. */
export type Bind = string | number | null | Uint8Array;

/** A piece of SQL: text with a `?` for each parameter. Values are never part of the text. */
export interface Sql {
  readonly text: string;
  readonly values: readonly Bind[];
}

/** `sql\`a = ${1} and ${other}\``: pieces are put in, everything else becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | Bind)[]): Sql {
  let text = strings[0] ?? "";
  const values: Bind[] = [];
  for (const [i, part] of parts.entries()) {
    if (isSql(part)) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[i + 1] ?? "";
  }
  return { text, values };
}

const isSql = (part: Sql | Bind): part is Sql => typeof part === "object" && part !== null && "text" in part;

/** Text that is made from the spec or in this folder, never from a request. */
export const raw = (text: string): Sql => ({ text, values: [] });

/** The name of a table or column. */
export const name = (identifier: string): Sql => raw(quoted(identifier));

export const quoted = (identifier: string): string => `"${shortName(identifier).replaceAll('"', '""')}"`;

const longestName = 63;

/** PostgreSQL cuts names off behind 63 bytes; longer ones end with a hash of what they were, and then `end`. */
export function shortName(start: string, end = ""): string {
  const whole = start + end;
  if (Buffer.byteLength(whole) <= longestName) return whole;
  const tail = `_${hash("sha256", whole).slice(0, 16)}${end && `__${end}`}`;
  // Of a character that was cut through nothing is left.
  const bytes = Buffer.from(start).subarray(0, longestName - tail.length);
  return bytes.toString("utf8").replace(/\uFFFD$/, "") + tail;
}

export const joined = (pieces: readonly Sql[], separator: string): Sql => ({
  text: pieces.map(({ text }) => text).join(separator),
  values: pieces.flatMap(({ values }) => values),
});

/** Of no pieces: true. */
export const allOf = (pieces: readonly Sql[]): Sql =>
  pieces.length === 0 ? raw("1 = 1") : pieces.length === 1 && pieces[0] ? pieces[0] : sql`(${joined(pieces, " and ")})`;

/** Of no pieces: false. */
export const anyOf = (pieces: readonly Sql[]): Sql =>
  pieces.length === 0 ? raw("1 = 0") : pieces.length === 1 && pieces[0] ? pieces[0] : sql`(${joined(pieces, " or ")})`;

/** A list whose length is rounded up to a power of two, by its last item, so that the number of SQL texts stays small. */
export const rounded = <T>(values: readonly T[]): readonly T[] => {
  const last = values.at(-1);
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return last === undefined ? [] : [...values, ...Array.from({ length: length - values.length }, () => last)];
};

/** A list of parameters. */
export const operands = (values: readonly Bind[]): Sql =>
  joined(
    rounded(values).map((value) => sql`${value}`),
    ", ",
  );
