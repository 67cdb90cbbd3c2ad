import { SpecStarError } from "../errors.ts";

/** What is made, or the error that was thrown instead: so one of many may fail by itself. */
export function settled<T>(make: () => T): T | SpecStarError {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof SpecStarError) return thrown;
    throw thrown;
  }
}
