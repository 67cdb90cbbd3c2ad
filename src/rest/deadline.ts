import { fail, type SpecStarError } from "../errors.ts";

export const defaultDeadlineMs = 30_000;

export const tooLate = (ms: number): SpecStarError =>
  fail("TIMEOUT", `The answer has taken more than ${ms} ms. Ask for less, or again when there is less to do`);

/** The answer of a read, or what `late` answers when the deadline has passed. The read itself ends by itself, unheard. */
export function beforeDeadline<T>(reading: Promise<T>, ms: number, late: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), ms);
    reading.then(
      (answer) => {
        clearTimeout(timer);
        resolve(answer);
      },
      (reason: unknown) => {
        clearTimeout(timer);
        reject(reason);
      },
    );
  });
}
