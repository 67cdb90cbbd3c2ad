import { readData } from "../spec/read-data.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { ResourceMeta } from "../spec/resource-state.ts";
import type { MetaRow, Revision, RevisionStatus, Stored } from "../storage/rows.ts";

/** A revision without its data. */
export interface RevisionInfo {
  /** `{resource id}:{number}` */
  readonly id: string;
  readonly number: number;
  readonly parent: number | null;
  readonly status: RevisionStatus;
  readonly hash: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly schemaVersion: number;
}

/** The newest one is kept: the four instants of a resource are mostly the same, and a page formats eighty. */
let newest = { ms: 0, text: new Date(0).toISOString() };

function instant(ms: number): string {
  if (ms !== newest.ms) newest = { ms, text: new Date(ms).toISOString() };
  return newest.text;
}

/** One revision with its data, parsed when it is first looked at. */
export class RevisionView<T = unknown> {
  readonly #spec: ResourceSpec;
  readonly #row: Revision;
  /** Number of the resource's current revision when this was read. */
  readonly #current: number;
  #data: T | undefined;

  constructor(spec: ResourceSpec, row: Revision, current: number) {
    this.#spec = spec;
    this.#row = row;
    this.#current = current;
  }

  get id(): string {
    return `${this.#row.id}:${this.#row.number}`;
  }
  get resourceId(): string {
    return this.#row.id;
  }
  get number(): number {
    return this.#row.number;
  }
  get isCurrent(): boolean {
    return this.#row.number === this.#current;
  }
  get hash(): string {
    return this.#row.hash;
  }
  get createdAtMs(): number {
    return this.#row.createdAt;
  }
  get info(): RevisionInfo {
    const { number, parent, status, hash, createdAt, createdBy, updatedAt, updatedBy, schemaVersion } = this.#row;
    return {
      id: this.id,
      number,
      parent,
      status,
      hash,
      createdAt: instant(createdAt),
      createdBy,
      updatedAt: instant(updatedAt),
      updatedBy,
      schemaVersion,
    };
  }

  /** `info` as JSON text. Only actors can hold what JSON escapes; the rest is made by us, and need not be looked through. */
  get infoJson(): string {
    const { number, parent, status, hash, createdAt, createdBy, updatedAt, updatedBy, schemaVersion } = this.#row;
    return `{"id":"${this.id}","number":${number},"parent":${parent},"status":"${status}","hash":"${hash}","createdAt":"${instant(createdAt)}","createdBy":${JSON.stringify(createdBy)},"updatedAt":"${instant(updatedAt)}","updatedBy":${JSON.stringify(updatedBy)},"schemaVersion":${schemaVersion}}`;
  }

  /** @throws DATA_CORRUPTION where stored data no longer fits the spec. */
  get data(): T {
    this.#data ??= this.parsed();
    return this.#data;
  }

  /** The data in an object that nobody else has. @throws as `data` */
  parsed(): T {
    return readData(this.#spec, this.#row) as T;
  }

  /** The data as JSON text: the stored bytes, where they were written under today's fields. */
  get json(): string {
    return this.#row.shape === this.#spec.shape ? this.#row.body : JSON.stringify(this.data);
  }

  toJSON(): unknown {
    return { ...this.info, data: this.data };
  }
}

/** What readers make of a state, once for all of them while it is kept in memory. */
interface Derived {
  data?: unknown;
  meta?: ResourceMeta;
  json?: string;
}

/** A resource in one state: its current revision, or what it was at an instant. */
export class Resource<T = unknown> {
  readonly #row: MetaRow;
  readonly #derived: Derived;
  readonly current: RevisionView<T>;

  /** @param currentToday number of the revision that is current now, where this is as of an instant */
  constructor(spec: ResourceSpec, stored: Stored, currentToday = stored.meta.current) {
    this.#row = stored.meta;
    this.#derived = stored.derived ?? {};
    this.current = new RevisionView<T>(spec, stored.revision, currentToday);
  }

  get id(): string {
    return this.#row.id;
  }
  get version(): number {
    return this.#row.version;
  }
  get data(): T {
    return this.current.data;
  }
  /** The data for those who only read it: others have the same object, which cannot be changed. */
  get sharedData(): unknown {
    this.#derived.data ??= frozen(this.current.parsed());
    return this.#derived.data;
  }
  get revision(): RevisionInfo {
    return this.current.info;
  }
  get deleted(): boolean {
    return this.#row.state === "deleted";
  }

  get meta(): ResourceMeta {
    const { version, createdAt, createdBy, updatedAt, updatedBy, deletedAt, revisionCount, schemaVersion, status } = this.#row;
    this.#derived.meta ??= Object.freeze({
      version,
      createdAt: instant(createdAt),
      createdBy,
      updatedAt: instant(updatedAt),
      updatedBy,
      deletedAt: deletedAt === null ? null : instant(deletedAt),
      revisionCount,
      schemaVersion,
      status,
    });
    return this.#derived.meta;
  }

  /** The envelope `{ id, data, meta, revision }` as JSON text, with the stored data spliced in. */
  get json(): string {
    this.#derived.json ??= `{"id":"${this.id}","data":${this.current.json},"meta":${metaJson(this.#row)},"revision":${this.current.infoJson}}`;
    return this.#derived.json;
  }

  toJSON(): unknown {
    return { id: this.id, data: this.data, meta: this.meta, revision: this.revision };
  }
}

function frozen(data: unknown): unknown {
  if (typeof data !== "object" || data === null) return data;
  for (const value of Object.values(data)) frozen(value);
  return Object.freeze(data);
}

/** `meta` as JSON text; see `infoJson`. */
function metaJson({
  version,
  createdAt,
  createdBy,
  updatedAt,
  updatedBy,
  deletedAt,
  revisionCount,
  schemaVersion,
  status,
}: MetaRow): string {
  const deleted = deletedAt === null ? "null" : `"${instant(deletedAt)}"`;
  return `{"version":${version},"createdAt":"${instant(createdAt)}","createdBy":${JSON.stringify(createdBy)},"updatedAt":"${instant(updatedAt)}","updatedBy":${JSON.stringify(updatedBy)},"deletedAt":${deleted},"revisionCount":${revisionCount},"schemaVersion":${schemaVersion},"status":"${status}"}`;
}

/** What a write answers: the resource after it, and whether anything was written. */
export class Written<T = unknown> extends Resource<T> {
  /** False for a no-op. */
  readonly changed: boolean;
  /** True where an idempotency key gave the answer of an earlier call. */
  readonly replayed: boolean;

  constructor(spec: ResourceSpec, stored: Stored, changed: boolean, replayed = false) {
    super(spec, stored);
    this.changed = changed;
    this.replayed = replayed;
  }

  /** True where this write made the resource. */
  get created(): boolean {
    return this.changed && this.version === 1;
  }
}

/** What an action answers: the resource after it, whether it wrote anything, to this or to others, and its output. */
export class ActionResult<T = unknown, Output = unknown> extends Written<T> {
  readonly output: Output;

  constructor(spec: ResourceSpec, stored: Stored, changed: boolean, output: Output, replayed = false) {
    super(spec, stored, changed, replayed);
    this.output = output;
  }

  override get created(): boolean {
    return false;
  }
}
