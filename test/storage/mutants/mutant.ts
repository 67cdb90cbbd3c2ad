import type { Filter } from "../../../src/spec/query.ts";
import type { Change, Stored, UnitOfWork, UnitResult } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";

/** A storage that is broken in one way: what it does otherwise than the sound one. */
export interface Mutant {
  readonly name: string;
  readonly broken: (sound: IStorage) => Partial<IStorage>;
  /** So broken that almost any case fails: it must be caught, and catching it says nothing of a case. */
  readonly blunt?: true;
  /** Answers whole searches wrongly: the generated ones must notice it as well. */
  readonly seenByOracle?: boolean;
  /** What it is over when it is opened again; the same sound storage unless told. */
  readonly reopened?: (sound: IStorage) => IStorage;
}

/** The sound storage with some of its methods replaced. */
export function mutated(sound: IStorage, { broken }: Mutant): IStorage {
  return {
    capabilities: { ...sound.capabilities, durable: true },
    schema: sound.schema,
    open: (...args) => sound.open(...args),
    commit: (...args) => sound.commit(...args),
    read: (...args) => sound.read(...args),
    search: (...args) => sound.search(...args),
    referrers: sound.referrers,
    past: sound.past,
    holders: sound.holders,
    links: sound.links,
    archives: sound.archives,
    messages: sound.messages,
    aggregates: sound.aggregates,
    revisions: (...args) => sound.revisions(...args),
    changes: (...args) => sound.changes(...args),
    state: () => sound.state(),
    reply: (...args) => sound.reply(...args),
    putBlob: (...args) => sound.putBlob(...args),
    blobs: (...args) => sound.blobs(...args),
    readBlob: (...args) => sound.readBlob(...args),
    close: () => sound.close(),
    ...broken(sound),
  };
}

/** A mutant that rewrites each change before it is committed. */
export const rewriting = (name: string, rewrite: (change: Change) => Change): Mutant => ({
  name,
  broken: (sound) => ({ commit: (units) => sound.commit(units.map((unit) => ({ ...unit, changes: unit.changes.map(rewrite) }))) }),
});

/** A mutant that commits unit by unit, each in its own way. */
export const perUnit = (
  name: string,
  one: (sound: IStorage) => (unit: UnitOfWork, commit: (unit: UnitOfWork) => Promise<UnitResult>) => Promise<UnitResult>,
): Mutant => ({
  name,
  broken: (sound) => {
    const commitOne = one(sound);
    const commit = async (unit: UnitOfWork): Promise<UnitResult> => (await sound.commit([unit]))[0] as UnitResult;
    return {
      commit: async (units) => {
        const results: UnitResult[] = [];
        for (const unit of units) results.push(await commitOne(unit, commit));
        return results;
      },
    };
  },
});

/** A mutant that changes what reads of any kind answer. */
export const answering = (name: string, answer: (stored: Stored) => Stored): Mutant => ({
  name,
  broken: (sound) => ({
    read: async (type, keys) => (await sound.read(type, keys)).map((stored) => stored && answer(stored)),
    search: async (type, query) => {
      const page = await sound.search(type, query);
      return { ...page, rows: page.rows.map(answer) };
    },
  }),
});

type Kind = "test" | "one" | "some";

/** A mutant that rewrites every test of a filter, or whatever is of these kinds. */
export const filtering = <K extends Kind = "test">(
  name: string,
  rewrite: (test: Extract<Filter, { readonly kind: K }>) => Filter,
  ...kinds: readonly K[]
): Mutant => {
  const wanted: readonly string[] = kinds.length > 0 ? kinds : ["test"];
  const isWanted = (filter: Filter): filter is Extract<Filter, { readonly kind: K }> => wanted.includes(filter.kind);
  const walk = (filter: Filter): Filter => {
    if (filter.kind === "and" || filter.kind === "or") return { ...filter, of: filter.of.map(walk) };
    const inner = filter.kind === "not" || filter.kind === "one" || filter.kind === "some" ? { ...filter, of: walk(filter.of) } : filter;
    return isWanted(inner) ? rewrite(inner) : inner;
  };
  return {
    name,
    seenByOracle: true,
    broken: (sound) => ({ search: (type, query) => sound.search(type, { ...query, filter: query.filter && walk(query.filter) }) }),
  };
};

export const blunt = (mutant: Mutant): Mutant => ({ ...mutant, blunt: true });
