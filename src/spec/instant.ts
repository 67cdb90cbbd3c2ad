/**
 * The sort key of an RFC 3339 instant: UTC with nine fraction digits, so that comparing keys as text compares instants to
 * the nanosecond whatever their offsets. An offset can carry the year 0000 or 9999 over its edge: `-` sorts before the
 * digits, `:` behind them. Null where the text is not an instant with an offset.
 */
export function instantKey(text: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})$/i.exec(text);
  if (!match) return null;
  const [, seconds = "", fraction = "", offset = ""] = match;
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;
  const ms = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(ms)) return null;
  const utc = new Date(ms).toISOString();
  const whole = utc.startsWith("+") ? `:${utc.slice(1, -5)}` : utc.slice(0, -5);
  return `${whole}.${fraction.slice(0, 9).padEnd(9, "0")}Z`;
}

/** The same key for an instant of our own clock (milliseconds since the epoch). */
export const instantKeyOfMs = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

/** Back to milliseconds; only for keys that `instantKeyOfMs` made. */
export function msOfInstantKey(key: string): number {
  if (key !== newest.key) newest = { key, ms: Date.parse(`${key.slice(0, 23)}Z`) };
  return newest.ms;
}

/** The newest one is kept: a resource that was never changed holds the same instant twice. */
let newest = { key: "", ms: Number.NaN };

const edgeMinutes = 23 * 60 + 59;

/** The instant of a key as RFC 3339 text in UTC, to the millisecond and as much finer as it is; at the edges of the calendar with an offset. */
export function instantOfKey(key: string): string {
  const more = key.slice(-7, -1).replace(/0+$/, "");
  if (/^\d/.test(key)) return `${key.slice(0, -7)}${more}Z`;
  const early = key.startsWith("-");
  const utc = Date.parse(`${early ? key.slice(0, -7) : `+${key.slice(1, -7)}`}Z`);
  const local = new Date(utc + (early ? edgeMinutes : -edgeMinutes) * 60_000).toISOString();
  return `${local.slice(0, -1)}${more}${early ? "+" : "-"}23:59`;
}
