import { beforeAll, describe, expect, test } from "vitest";
import type { Case } from "./case.ts";
import { cases } from "./conformance.ts";
import { failureOf, mutants, sound } from "./mutants.ts";

/** Cases that no mutant fails, each with the reason why it is kept. */
const exempt: Readonly<Record<string, string>> = {};

describe("the conformance suite", () => {
  test.each(cases)("lets a sound storage pass: $name", async (each) => {
    expect(await failureOf(sound, each)).toBeUndefined();
  });

  test("names each case and each mutant once", () => {
    for (const names of [cases.map(({ name }) => name), mutants.map(({ name }) => name)]) expect(names).toEqual([...new Set(names)]);
  });

  describe("before its mutants", () => {
    /** By case, the first mutant that fails it; blunt ones do not count. */
    const killedBy = new Map<Case, string>();
    const caught = new Set<string>();

    // Each mutant meets the cases that caught nobody yet, and then others until one catches it: all questions are answered
    // without running every pair.
    beforeAll(async () => {
      for (const { blunt = false, ...mutant } of mutants) {
        const order = cases.toSorted((a, b) => Number(killedBy.has(a)) - Number(killedBy.has(b)));
        for (const each of order) {
          if (caught.has(mutant.name) && (blunt || killedBy.has(each))) break;
          if ((await failureOf(mutant, each)) === undefined) continue;
          caught.add(mutant.name);
          if (!blunt && !killedBy.has(each)) killedBy.set(each, mutant.name);
        }
      }
    }, 120_000);

    test.each(mutants)("catches the storage that $name", ({ name }) => {
      expect(caught).toContain(name);
    });

    test("has no case that catches nobody", () => {
      expect(cases.filter((each) => !killedBy.has(each)).map(({ name }) => name)).toEqual(Object.keys(exempt));
    });
  });
});
