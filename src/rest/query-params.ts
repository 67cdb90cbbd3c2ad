import { fail, type SpecStarError } from "../errors.ts";
import type { RevisionStatus } from "../storage/rows.ts";

const shown = (name: string): string => JSON.stringify(name.slice(0, 100));
const bad = (name: string, message: string): SpecStarError =>
  fail("BAD_REQUEST", `Query parameter ${shown(name)} ${message}`, { field: name.slice(0, 100) });

/** The query string of one request. Each parameter is taken by who knows it; `end` refuses what nobody took. */
export class QueryParams {
  readonly #values = new Map<string, string[]>();

  /** @param search without the question mark. BAD_REQUEST where it is not percent-encoded UTF-8 */
  constructor(search: string) {
    if (search === "") return;
    try {
      decodeURIComponent(search);
    } catch {
      throw fail("BAD_REQUEST", "The query string is not percent-encoded UTF-8");
    }
    for (const [name, value] of new URLSearchParams(search)) {
      const values = this.#values.get(name);
      if (values) values.push(value);
      else this.#values.set(name, [value]);
    }
  }

  text(name: string): string | undefined {
    const values = this.#values.get(name);
    if (!values) return undefined;
    if (values.length > 1) throw repeatedParameter(name);
    this.#values.delete(name);
    return values[0];
  }

  /** Names with commas between them. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)?.split(",");
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined || value === "true" || value === "false") return value === undefined ? undefined : value === "true";
    throw bad(name, "takes true or false");
  }

  /** Most requests have none. */
  static of(search: string): QueryParams {
    return search === "" ? noParams : new QueryParams(search);
  }

  /** An integer; its range is the operation's to check. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined || /^-?\d{1,10}$/.test(value)) return value === undefined ? undefined : Number(value);
    throw bad(name, "takes an integer");
  }

  revision(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : revisionNumber(value);
  }

  status(): RevisionStatus | undefined {
    const value = this.text("status");
    if (value === undefined || value === "draft" || value === "stable") return value;
    throw bad("status", "takes draft or stable");
  }

  /** Takes all that is left. */
  rest(): readonly (readonly [name: string, values: readonly string[]])[] {
    const rest = [...this.#values];
    this.#values.clear();
    return rest;
  }

  /** @throws BAD_REQUEST that names the parameter nobody knows */
  end(): void {
    for (const name of this.#values.keys()) throw unknownParameter(name);
  }
}

const noParams = new QueryParams("");

export const repeatedParameter = (name: string): SpecStarError => bad(name, "is given more than once");
export const unknownParameter = (name: string): SpecStarError => bad(name, "is not known here");

/** The number of a revision, as paths and query strings write it. */
export function revisionNumber(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw fail("BAD_REQUEST", `${shown(text)} is not a revision number: 1, 2, 3 …`, { field: "revision" });
}
