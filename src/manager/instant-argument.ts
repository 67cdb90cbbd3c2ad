import { fail } from "../errors.ts";
import { instantKey } from "../spec/instant.ts";

/** An RFC 3339 instant given by a caller, in milliseconds. */
export function instantMs(text: string, argument: string): number {
  if (instantKey(text) === null)
    throw fail("BAD_REQUEST", `${argument} takes an instant with an offset, like 2026-01-31T12:00:00Z`, { field: argument });
  return Date.parse(text);
}
