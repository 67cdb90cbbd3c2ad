import { fail } from "../errors.ts";
import { checkOptions, type OptionCheck } from "./check-options.ts";

/** What happens to a resource when the resource that its ref points at is deleted. */
export type OnDelete = "restrict" | "cascade" | "set_null" | "dangling";

export interface Ref {
  /** Name of the spec that it leads to. */
  readonly target: string;
  readonly onDelete: OnDelete;
  /** What the target calls the resources that refer to it; false where it does not know of them; absent for the default. */
  readonly inverse?: string | false;
  /** It leads to one revision, whose id `{resource id}:{number}` it holds. */
  readonly pin?: "revision";
}

export interface RefOptions {
  /**
   * What happens to this resource when the target is deleted or purged (default `restrict`). Refs that are pinned lead to the
   * past, which a deletion leaves as it is: they take `dangling` alone.
   */
  readonly onDelete?: OnDelete;
  /**
   * What the target calls the resources that refer to it by this ref: `author.articles`. The plural of this spec unless told;
   * false for none.
   */
  readonly inverse?: string | false;
  /** `"revision"`: holds the id of one revision (`article_…:3`), and leads to that for ever. */
  readonly pin?: "revision";
}

const rules: readonly unknown[] = ["restrict", "cascade", "set_null", "dangling"] satisfies OnDelete[];
const refOptions: Record<keyof RefOptions, OptionCheck> = {
  onDelete: { takes: `one of ${rules.join(", ")}`, allows: (value) => rules.includes(value) },
  inverse: {
    takes: "a name in camelCase letters and digits, or false",
    allows: (value) => value === false || (typeof value === "string" && /^[a-z][A-Za-z0-9]{0,49}$/.test(value)),
  },
  pin: { takes: '"revision"', allows: (value) => value === "revision" },
};

/** @throws BAD_REQUEST for options that do not exist, do not take what they were given, or do not go together. */
export function refOf(target: string, options: RefOptions): Ref {
  checkOptions("ref", options, refOptions);
  const { inverse, pin, onDelete = pin ? "dangling" : "restrict" } = options;
  if (pin && onDelete !== "dangling")
    throw fail("BAD_REQUEST", `ref(${target}): what is pinned to a revision stays when the resource is deleted. Leave out onDelete`, {
      field: "onDelete",
    });
  return { target, onDelete, ...(inverse === undefined ? {} : { inverse }), ...(pin ? { pin } : {}) };
}

/** Its target is there when it is written, and for as long as it is held by a live resource. */
export const isKept = ({ onDelete, pin }: Ref): boolean => onDelete !== "dangling" && !pin;
