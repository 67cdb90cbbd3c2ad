import { fail } from "../errors.ts";

const maxDepth = 64;

/**
 * JSON text from a client. Depth is checked on the text, so that nothing deep is ever built; a member name that occurs twice
 * in an object is refused, because readers disagree on which one counts.
 * @throws BAD_REQUEST
 */
export function parseJson(text: string, what: string): unknown {
  const members = scan(text, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    const why = thrown instanceof SyntaxError ? thrown.message.replace(/ is not valid JSON$/, "").slice(0, 200) : "malformed";
    throw fail("BAD_REQUEST", `${what} is not valid JSON: ${why}`);
  }
  if (countMembers(value) !== members) throw fail("BAD_REQUEST", `${what} names a member twice in one object`);
  return value;
}

/** One pass over the text; answers the number of colons outside of strings, which is the number of members. */
function scan(text: string, what: string): number {
  let depth = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 /* " */) i = endOfString(text, i);
    else if (code === 0x3a /* : */) colons += 1;
    else if (code === 0x7d /* } */ || code === 0x5d /* ] */) depth -= 1;
    else if ((code === 0x7b /* { */ || code === 0x5b) /* [ */ && ++depth > maxDepth)
      throw fail("BAD_REQUEST", `${what} is nested more than ${maxDepth} levels deep`);
  }
  return colons;
}

/** Where the string that opens at `start` closes; the end of the text where it never does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const each of inner) count += countMembers(each);
  return count;
}
