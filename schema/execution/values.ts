export const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  value instanceof Promise || (typeof value === "object" && value !== null && "then" in value && typeof value.then === "function");

export const isIterable = (value: unknown): value is Iterable<unknown> =>
  Array.isArray(value) || (typeof value === "object" && value !== null && Symbol.iterator in value);

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/**
 * Throws at once where nothing is being waited for, else when all that is has come to its end: nobody else listens any more,
 * and a promise that fails unheard would end the process.
 */
export function thrownWhenSettled(thrown: unknown, values: readonly unknown[]): Promise<never> {
  const pending = values.filter(isPromiseLike);
  if (pending.length === 0) throw thrown;
  return Promise.allSettled(pending).then(() => {
    throw thrown;
  });
}
