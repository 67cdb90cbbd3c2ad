import { SpecStarError, toSpecStarError } from "../errors.ts";

/** An error of one of several operations, with its place among them. */
export function placed(thrown: unknown, index: number): SpecStarError {
  const { code, message, details, cause } = toSpecStarError(thrown);
  return new SpecStarError(code, message, { ...details, index }, cause);
}

export function inPlace<T>(index: number, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw placed(thrown, index);
  }
}
