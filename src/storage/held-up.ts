import { fail, type SpecStarError } from "../errors.ts";
import { revisionsIn } from "./archives.ts";
import type { MetaUnit } from "./meta-store.ts";

/** Keys of the bytes that a unit is about to refer to. */
export const keysOf = ({ changes }: MetaUnit): readonly string[] =>
  changes.flatMap((change) => revisionsIn(change).flatMap(({ key }) => key ?? []));

/** Why a unit fails whose bytes were swept before it was committed. */
export const heldUp = (): SpecStarError =>
  fail("UNAVAILABLE", "The write was held up for so long that its data was taken for a leftover. Nothing was written; try again");
