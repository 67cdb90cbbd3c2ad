import { assert, expect } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { defaultQueryLimits, parseOrder, parseWhere, queryColumns } from "../../src/spec/query.ts";
import { relationsOf } from "../../src/spec/relations.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { AggregateQuery, Measured } from "../../src/storage/aggregates.ts";
import type { ChangeRow, RevisionPage, RevisionQuery, StorageQuery, Stored, UnitFailure, UnitOfWork } from "../../src/storage/rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { specs, storedOf, unit, type Version } from "./fixtures.ts";

/** What a case gets: an empty storage, open for the fixtures' specs, that no other case sees. */
export interface Env {
  readonly storage: IStorage;
  /** How often `onCommit` was called. */
  readonly wakes: () => number;
  /** Closes the storage and opens its data anew. Only for cases that need `durable`. */
  readonly reopen: () => Promise<IStorage>;
}

/** One law of `IStorage`, as one run. Cases are data, so that the mutants can be put before them too. */
export interface Case {
  readonly name: string;
  readonly needs?: "durable";
  /** Opens the storage with this option; else with its default. */
  readonly feedRetentionMs?: number;
  readonly run: (env: Env) => Promise<void>;
}

/** Commits each version as a unit of its own, one after the other. */
export async function commit(storage: IStorage, ...versions: readonly Version[]): Promise<void> {
  for (const version of versions)
    expect(await storage.commit([unit(version)]), `${version.change.kind} ${version.meta.id}`).toEqual([{ ok: true }]);
}

/** Commits a unit that must be refused, and says why it was. */
export async function refusal(storage: IStorage, work: UnitOfWork): Promise<UnitFailure> {
  const [result] = await storage.commit([work]);
  assert(result && !result.ok, "the unit must be refused");
  return result.failure;
}

/** A page of one resource's history. */
export async function historyOf(storage: IStorage, type: string, id: string, query: RevisionQuery): Promise<RevisionPage> {
  const pages = await storage.revisions(type, [id], query);
  assert(pages[0] && pages.length === 1, "one page per id");
  return pages[0];
}

export async function readOne(storage: IStorage, { spec, meta }: Version): Promise<Stored | undefined> {
  const answers = await storage.read(spec.name, [{ id: meta.id }]);
  expect(answers).toHaveLength(1);
  return answers[0];
}

/** Each version is what its resource is now, to the last byte. */
export async function expectCurrent(storage: IStorage, ...versions: readonly Version[]): Promise<void> {
  for (const version of versions) expect(await readOne(storage, version)).toEqual(storedOf(version));
}

export async function expectAbsent(storage: IStorage, ...versions: readonly Version[]): Promise<void> {
  for (const version of versions) expect(await readOne(storage, version)).toBeUndefined();
}

export async function expectFeed(storage: IStorage, ...expected: readonly Version[]): Promise<void> {
  const rows = await storage.changes({ after: 0, limit: 1_000 });
  expect(rows).toEqual(expected.map(({ change }, index) => feedRow(change, index + 1)));
}

export const feedRow = ({ type, kind, meta, previous, at, by }: Version["change"], position: number): ChangeRow => ({
  position,
  type,
  kind,
  id: meta.id,
  revision: meta.current,
  previous,
  version: meta.version,
  at,
  by,
});

type Search = Partial<Omit<StorageQuery, "filter" | "order">> & { readonly where?: unknown; readonly orderBy?: readonly string[] };

const limits = { ...defaultQueryLimits, conditions: 500, depth: 20 };

/** A search as clients write it, by the whole path. */
export function searchQuery(spec: ResourceSpec, { where, orderBy, ...rest }: Search): StorageQuery {
  return {
    filter: parseWhere(spec, where, limits, relationsOf(specs.includes(spec) ? specs : [spec])),
    order: parseOrder(spec, orderBy),
    limit: 1_000,
    fromEnd: false,
    includeDeleted: false,
    total: false,
    ...rest,
  };
}

interface Aggregation extends Partial<Pick<AggregateQuery, "includeDeleted" | "limit">> {
  readonly where?: unknown;
  readonly groupBy?: readonly string[];
  readonly measures?: readonly { readonly of: Measured["of"]; readonly key: string }[];
}

/** An aggregate by the names that clients write. */
export function aggregateQuery(spec: ResourceSpec, { where, groupBy = [], measures = [], ...rest }: Aggregation): AggregateQuery {
  const column = (key: string) => queryColumns(spec).get(key) ?? assert.fail(`${spec.name} has no column ${key}`);
  const { filter, includeDeleted, limit } = searchQuery(spec, { where });
  return {
    filter,
    includeDeleted,
    limit,
    groupBy: groupBy.map(column),
    measures: measures.map(({ of, key }) => ({ of, column: column(key) })),
    ...rest,
  };
}

/** Ids of a search's rows, in order. */
export async function found(storage: IStorage, spec: ResourceSpec, search: Search): Promise<string[]> {
  const page = await storage.search(spec.name, searchQuery(spec, search));
  return page.rows.map(({ meta }) => meta.id);
}

export const idsOf = (versions: readonly Version[]): string[] => versions.map(({ meta }) => meta.id);

export async function expectCode(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: "SpecStarError", code });
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
