import { describe, expect, test } from "vitest";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { MemoryBlobStore } from "../../src/stores/memory/memory-blob-store.ts";
import { MemoryMetaStore } from "../../src/stores/memory/memory-meta-store.ts";
import { MemoryRevisionStore } from "../../src/stores/memory/memory-revision-store.ts";
import { mutated } from "../storage/mutants/mutant.ts";
import { check, checkByWriting } from "./checker.ts";
import { Client } from "./client.ts";
import { clientLog, type Line } from "./client-log.ts";
import { type Finding, finding } from "./finding.ts";
import { runLoad } from "./load.ts";
import { openManagers } from "./open-managers.ts";
import { type PlantedFault, plantedFaults } from "./planted-faults.ts";

const operations = 900;

/** Bytes that stay, or go, against what they are told. */
class FaultyRevisions extends MemoryRevisionStore {
  readonly #fault: PlantedFault["bytes"];
  #lost = false;

  constructor(fault: PlantedFault["bytes"]) {
    super(systemContext);
    this.#fault = fault;
  }

  override async delete(keys: readonly string[]): Promise<void> {
    if (this.#fault !== "kept") await super.delete(keys);
  }

  /** From now on the bytes are not there. */
  lose(): void {
    this.#lost = this.#fault === "gone";
  }

  override async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const found = await super.get(keys);
    return this.#lost ? found.map(() => undefined) : found;
  }
}

function memoryParts(fault: PlantedFault["bytes"]) {
  const revisions = new FaultyRevisions(fault);
  return { meta: new MemoryMetaStore(systemContext), revisions, blobs: new MemoryBlobStore() };
}

const wrapped = (sound: IStorage, broken: PlantedFault["working"]): IStorage => (broken ? mutated(sound, { name: "", broken }) : sound);

/** A load on a storage with this fault, and what the checker finds. */
async function findingsOf(fault: Partial<PlantedFault>): Promise<Finding[]> {
  const parts = memoryParts(fault.bytes);
  const sound = composeStorage(parts);
  const lines: Line[] = [];
  const clientOf = (name: string) => new Client(name, (line) => lines.push(line));
  const working = wrapped(sound, fault.working);
  let calls = 0;
  // Each with its own queue per resource, as two processes have them: so that they meet in the storage.
  const load = async (name: string, seed: number) =>
    runLoad(await openManagers(working), clientOf(name), { seed, workers: 12, shared: "shared", goesOn: () => ++calls <= operations });
  await Promise.all([load("a", 1), load("b", 2)]);
  parts.revisions.lose();

  const managers = await openManagers(wrapped(sound, fault.afterwards ?? fault.working));
  const log = clientLog(fault.log ? fault.log(lines) : lines);
  const findings = await check(managers, log);
  findings.push(...(await checkByWriting(managers, log, clientOf("check"))));
  const keys: string[] = [];
  for await (const key of parts.revisions.list(Number.POSITIVE_INFINITY)) keys.push(key);
  return [...findings, ...(await parts.meta.condemn(keys)).map((key) => finding("orphan", key))];
}

describe("the checker", () => {
  test("has nothing to say of a sound storage", async () => {
    expect(await findingsOf({})).toEqual([]);
  });

  test.each(plantedFaults)("notices a storage that $name", async (fault) => {
    const findings = await findingsOf(fault);
    expect(new Set(findings.map(({ rule }) => rule))).toContain(fault.rule);
  });
});
