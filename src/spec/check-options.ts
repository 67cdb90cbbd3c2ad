import { fail } from "../errors.ts";

/** What an option takes, in words and as a test. Undefined is always the same as absent. */
export interface OptionCheck {
  readonly takes: string;
  readonly required?: true;
  readonly allows: (value: unknown) => boolean;
}

/**
 * Checks the options of a caller who may write JavaScript: one answer per option, so that a misspelt one is not silently
 * without effect.
 *
 * @param what who takes the options: `diskStorage`
 * @throws BAD_REQUEST that names the option and what is allowed
 */
export function checkOptions(what: string, given: unknown, known: Readonly<Record<string, OptionCheck>>, resource?: string): void {
  const names = Object.keys(known);
  const refuse = (message: string, field?: string) =>
    fail("BAD_REQUEST", `${what}${message}`, {
      ...(resource === undefined ? {} : { resource }),
      ...(field === undefined ? {} : { field }),
    });
  if (!isObject(given)) throw refuse(` takes an object of options, not ${shown(given)}. Options: ${names.join(", ")}`);
  const values = new Map(Object.entries(given));
  for (const name of values.keys()) {
    if (Object.hasOwn(known, name)) continue;
    const near = nearest(name, names);
    throw refuse(` has no option ${shown(name)}.${near ? ` Did you mean ${near}?` : ""} Options: ${names.join(", ")}`, name.slice(0, 100));
  }
  for (const [name, { takes, allows, required }] of Object.entries(known)) {
    const value = values.get(name);
    if (value === undefined ? required : !allows(value)) throw refuse(`: ${name} takes ${takes}, not ${shown(value)}`, name);
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

/** The checks that most options need. `checkOptions` of a nested object is `anObject` first, then a call of its own. */
export const aName: OptionCheck = { takes: "a string that is not empty", allows: (value) => typeof value === "string" && value !== "" };
export const aString: OptionCheck = { takes: "a string", allows: (value) => typeof value === "string" };
export const aFlag: OptionCheck = { takes: "true or false", allows: (value) => typeof value === "boolean" };
export const aFunction: OptionCheck = { takes: "a function", allows: (value) => typeof value === "function" };
export const anObject: OptionCheck = { takes: "an object", allows: isObject };
export const aList: OptionCheck = { takes: "a list", allows: Array.isArray };
/** Of connections, attempts and the like. */
export const aCount: OptionCheck = {
  takes: "a whole number from 1 on",
  allows: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1,
};
/** Bytes and milliseconds, where Infinity says that there is no end. */
export const anAmount: OptionCheck = {
  takes: "a number from 0 on, or Infinity",
  allows: (value) => typeof value === "number" && value >= 0,
};

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(value);
}

/** The known name that is a slip of the finger away, if there is one. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names.map((known) => ({ known, steps: stepsBetween(name.slice(0, 50), known) })).sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(2, Math.floor(best.known.length / 3)) ? best.known : undefined;
}

/** How many letters have to be added, left out or changed to make one name of the other, whatever their case. */
function stepsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b.toLowerCase()].entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
}
