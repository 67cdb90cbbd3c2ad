/**
 * Exact decimal numbers as text: digits that do not end with a zero, `e`, and an exponent, as `Number` reads it. 12.50 is
 * `125e-1`, nothing is `0e0`.
 */

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Of a number as JavaScript, JSON or a database writes it. */
function decimalOf(text: string): Decimal {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function written({ digits, exponent }: Decimal): string {
  if (digits === 0n) return "0e0";
  const text = digits.toString();
  const short = text.replace(/0+$/, "");
  return `${short}e${exponent + text.length - short.length}`;
}

/** The same number as every storage writes it. */
export const decimalText = (text: string): string => written(decimalOf(text));

/** Small decimals are summed as millionths: below 10¹⁵ of them, a double says which decimal it stands for. */
const million = 1e6;
const fewMillionths = 1e15;

/** Adds doubles without an error, each as the shortest decimal that reads back as it; so their order does not matter. */
export class DecimalSum {
  #millionths = 0;
  /** What is too large, or too fine, by its exponent. */
  readonly #others = new Map<number, bigint>();

  add(value: number): void {
    const millionths = Math.round(value * million);
    if (Math.abs(millionths) >= fewMillionths || millionths / million !== value) {
      this.#put(decimalOf(String(value)));
      return;
    }
    if (!Number.isSafeInteger(this.#millionths + millionths)) {
      this.#put({ digits: BigInt(this.#millionths), exponent: -6 });
      this.#millionths = 0;
    }
    this.#millionths += millionths;
  }

  #put({ digits, exponent }: Decimal): void {
    this.#others.set(exponent, (this.#others.get(exponent) ?? 0n) + digits);
  }

  /** What was added so far. */
  text(): string {
    this.#put({ digits: BigInt(this.#millionths), exponent: -6 });
    this.#millionths = 0;
    const exponent = Math.min(...this.#others.keys());
    let digits = 0n;
    for (const [each, part] of this.#others) digits += part * 10n ** BigInt(each - exponent);
    return written({ digits, exponent });
  }
}

/** More digits than a double has, so that what is cut off does not matter. */
const quotientDigits = 40;

/** A decimal number divided by a count, as a double; also where it is itself too large for one. */
export function quotient(text: string, count: number): number {
  const { digits, exponent } = decimalOf(text);
  return Number(`${(digits * 10n ** BigInt(quotientDigits)) / BigInt(count)}e${exponent - quotientDigits}`);
}
