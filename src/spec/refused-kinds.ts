const transforms =
  "The stored form is zod's output once, so data must read as it was written: use the plain type, and a `before` handler for changes";

export const recursive = ["recursive schemas are not supported", "Use a ref"] as const;

/** Kinds of zod that are known but refused, with what to use instead. */
export const refused: Record<string, readonly [what: string, instead: string]> = {
  transform: ["transforms cannot be stored", transforms],
  pipe: ["transform, preprocess, pipe and codec cannot be stored", transforms],
  catch: ["catch would hide bad input", "Use a default"],
  prefault: ["prefault is not supported", "Use default"],
  date: ["z.date() is not JSON", "Use z.iso.datetime() or z.iso.date()"],
  any: ["z.any() has no type to derive", "Use z.record(z.string(), …) or an object"],
  unknown: ["z.unknown() has no type to derive", "Use z.record(z.string(), …) or an object"],
  bigint: ["bigint is not JSON", "Use z.int() or z.string()"],
  tuple: ["tuples have no GraphQL type", "Use an object with named fields"],
  union: ["only discriminated unions can be derived", "Use z.discriminatedUnion(…)"],
  lazy: recursive,
  intersection: ["intersections are not supported", "Use .extend()"],
};
