import { memoryStorage } from "../../src/memory.ts";
import type { Case } from "./case.ts";
import { type Opened, optionsOf, startEnv } from "./conformance.ts";
import { aggregators } from "./mutants/aggregators.ts";
import { archivists } from "./mutants/archivists.ts";
import { historians } from "./mutants/historians.ts";
import { type Mutant, mutated } from "./mutants/mutant.ts";
import { others } from "./mutants/others.ts";
import { readers } from "./mutants/readers.ts";
import { relators } from "./mutants/relators.ts";
import { searchers } from "./mutants/searchers.ts";
import { writers } from "./mutants/writers.ts";

/** Broken storages: what the conformance suite is there to catch. */
export const mutants: readonly Mutant[] = [
  ...writers,
  ...readers,
  ...searchers,
  ...relators,
  ...historians,
  ...aggregators,
  ...archivists,
  ...others,
];

/** Nothing broken: every case must pass it. Its data outlive closing, so that the durable cases can be asked too. */
export const sound: Mutant = { name: "sound", broken: () => ({}) };

/** Why a case fails for a mutant; undefined when the case does not notice. */
export async function failureOf(mutant: Mutant, each: Case): Promise<unknown> {
  const inner = memoryStorage(optionsOf(each));
  const opened: Opened = {
    storage: mutated(inner, mutant),
    reopen: async () => mutated(mutant.reopened?.(inner) ?? inner, mutant),
    cleanup: () => {},
  };
  const { env, stop } = await startEnv(opened);
  try {
    await each.run(env);
    return undefined;
  } catch (failure) {
    return failure;
  } finally {
    await stop();
  }
}
