import { fail } from "../errors.ts";
import type { ByteRange } from "../storage/blob-store.ts";

/**
 * The bytes that a Range header asks for (RFC 9110 §14): one range of `bytes`. Undefined where the whole is meant: no header,
 * another unit, or an If-Range that is not exactly this tag.
 * @throws RANGE_NOT_SATISFIABLE for several ranges, for malformed ones, and for those that begin behind the end
 */
export function byteRange(headers: Headers, size: number, etag: string): ByteRange | undefined {
  const header = headers.get("range");
  if (header === null || !/^\s*bytes\s*=/i.test(header)) return undefined;
  const ifRange = headers.get("if-range");
  // A date cannot be exact, and a weak tag says nothing of bytes.
  if (ifRange !== null && ifRange.trim() !== etag) return undefined;
  const [, first, last] = /^\s*bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header) ?? [];
  const range = first === undefined || last === undefined ? undefined : rangeOf(first, last, size);
  if (!range) throw fail("RANGE_NOT_SATISFIABLE", `Ask for one range of the ${size} bytes that there are, as in bytes=0-99`, { size });
  return range;
}

function rangeOf(first: string, last: string, size: number): ByteRange | undefined {
  if (first === "") {
    const count = last === "" ? 0 : Math.min(Number(last), size);
    return count > 0 ? { start: size - count, end: size - 1 } : undefined;
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  // `bytes=5-2` is malformed, `bytes=900-` of 500 bytes cannot be had.
  return start <= end ? { start, end } : undefined;
}
