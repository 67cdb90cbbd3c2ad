import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { patienceMs, setPatience } from "./case.ts";
import { cases } from "./conformance.ts";
import { failureOf, type Mutant, mutants, sound } from "./mutants.ts";

describe("the conformance suite of message queues", () => {
  const usual = patienceMs;
  afterAll(() => setPatience(usual));

  test.each(cases)("lets a sound carrier pass: $name", async (each) => {
    expect(await failureOf(sound, each)).toBeUndefined();
  });

  test("names each case and each mutant once", () => {
    for (const names of [cases.map(({ name }) => name), mutants.map(({ name }) => name)]) expect(names).toEqual([...new Set(names)]);
  });

  describe("before its mutants", () => {
    const caught = new Set<string>();
    const catching = new Set<string>();
    const wronged = new Set<string>();

    const meet = async (mutant: Mutant): Promise<void> => {
      const failures = await Promise.all(cases.map((each) => failureOf(mutant, each)));
      for (const [i, { name }] of cases.entries()) {
        if (failures[i] === undefined) continue;
        if (mutant === sound) wronged.add(name);
        else catching.add(name);
        caught.add(mutant.name);
      }
    };

    // A mutant never comes to what it keeps from doing: it is waited for a while, for several at once. That this is long
    // enough is shown by sound carriers in the same hurry.
    beforeAll(async () => {
      setPatience(2500);
      const line = [sound, ...mutants, sound].values();
      const inTurn = async () => {
        for (const mutant of line) await meet(mutant);
      };
      await Promise.all(Array.from({ length: 4 }, inTurn));
      setPatience(usual);
    }, 240_000);

    test.each(mutants)("catches the carrier that $name", ({ name }) => {
      expect(caught).toContain(name);
    });

    test("has no case that catches nobody, and none that fails a sound carrier", () => {
      expect(cases.filter(({ name }) => !catching.has(name)).map(({ name }) => name)).toEqual([]);
      expect([...wronged]).toEqual([]);
    });
  });
});
