import { toSpecStarError } from "../../src/errors.ts";
import type { Actor } from "../../src/manager/actor.ts";
import type { Purged } from "../../src/manager/operations/purge.ts";
import type { Resource, Written } from "../../src/manager/resource.ts";
import type { ResourceManager } from "../../src/manager/resource-manager.ts";
import type { BlobRow } from "../../src/storage/rows.ts";
import { type Answer, type Call, type Line, monotonicMs, type State } from "./client-log.ts";

/** What a write answers, as it is written down. */
export interface Result {
  readonly states: readonly State[];
  readonly changed: boolean;
  readonly replayed: boolean;
}

type Asked = Pick<Call, "operation" | "type"> & Partial<Pick<Call, "by" | "id" | "count" | "ifVersion">>;

/** These say nothing about whether the write was made. */
const unknown: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT", "INTERNAL"]);

/** One client: does what it is told, and writes down each call before and each answer after it. */
export class Client {
  readonly #name: string;
  readonly #write: (line: Line) => void;
  #calls = 0;

  /** @param name goes into tokens: no two clients of one place may share it */
  constructor(name: string, write: (line: Line) => void) {
    this.#name = name;
    this.#write = write;
  }

  async write(asked: Asked, run: (actor: Actor) => Promise<Result>): Promise<Answer> {
    this.#calls += 1;
    const token = `${this.#name}-${this.#calls}`;
    const by = asked.by ?? token;
    const call: Call = { id: null, count: 1, ifVersion: null, ...asked, token, by, at: monotonicMs() };
    this.#write({ kind: "call", ...call });
    const answer = await run({ id: by, roles: [], claims: {} }).then(
      (result): Answer => ({ at: monotonicMs(), outcome: "acknowledged", code: null, actual: null, message: null, ...result }),
      failed,
    );
    this.#write({ kind: "answer", token, ...answer });
    return answer;
  }

  /** The resource, deleted ones too; undefined where there is none, or where the storage is out of reach. */
  async read(manager: Pick<ResourceManager, "get" | "spec">, id: string): Promise<Resource | undefined> {
    const type = manager.spec.name;
    const from = monotonicMs();
    try {
      const found = await manager.get(id, { includeDeleted: true });
      this.#write({ kind: "read", type, from, at: monotonicMs(), ...stateOf(found) });
      return found;
    } catch (thrown) {
      const { code, message } = failed(thrown);
      if (code === "NOT_FOUND") this.#write({ kind: "read", type, id, from, at: monotonicMs(), version: 0, revision: null, hash: null });
      else if (code !== "UNAVAILABLE" && code !== "TIMEOUT") this.#write({ kind: "broken", about: `reading ${id}: ${code} ${message}` });
      return undefined;
    }
  }
}

const stateOf = (resource: Resource): State => ({
  id: resource.id,
  version: resource.version,
  revision: resource.revision.number,
  hash: resource.revision.hash,
});

export const written = (resource: Written): Result => ({
  states: [stateOf(resource)],
  changed: resource.changed,
  replayed: resource.replayed,
});

export const purged = ({ id, changed }: Purged): Result => ({
  states: [{ id, version: null, revision: null, hash: null }],
  changed,
  replayed: false,
});

export const blobPut = ({ id, hash }: BlobRow): Result => ({
  states: [{ id, version: null, revision: null, hash }],
  changed: true,
  replayed: false,
});

function failed(thrown: unknown): Answer {
  const { code, message, details, cause } = toSpecStarError(thrown);
  return {
    at: monotonicMs(),
    outcome: unknown.has(code) ? "unknown" : "refused",
    states: [],
    changed: false,
    replayed: false,
    code,
    actual: details.actual ?? null,
    message: code === "INTERNAL" && cause instanceof Error ? (cause.stack ?? message) : message,
  };
}
