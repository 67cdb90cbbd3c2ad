import { fail, SpecStarError } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type Actor, anonymous } from "../actor.ts";
import { authorize } from "../authorize.ts";
import type { Core } from "../scope.ts";
import { checkKept, goneByEpoch } from "./changed-ids.ts";
import { conflictPolicies, type OnConflict } from "./decide-import.ts";
import { ArchiveExport, type Exported, scopeOf } from "./export-archive.ts";
import { ArchiveImport, type ImportResult } from "./import-archive.ts";
import type { Progress } from "./progress.ts";
import { Spool } from "./spool.ts";

/** A spec, or its name. */
type Named = Pick<ResourceSpec, "name">;

export interface ExportOptions {
  /** All of the platform unless told. */
  readonly resources?: readonly Named[] | undefined;
  /** This resource alone, of the one spec in `resources`. */
  readonly id?: string | undefined;
  /** The cursor of an earlier archive of the same: only what has changed since, each resource as a whole. */
  readonly since?: string | undefined;
  readonly actor?: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

export interface ImportOptions {
  /** The only ones that may be in it; all of the platform unless told. */
  readonly resources?: readonly Named[] | undefined;
  /** Where an id is here with another history: refuse the whole archive (`fail`, unless told), leave that resource out, or replace it. */
  readonly onConflict?: OnConflict | undefined;
  /** Where the archive is kept while it is verified; the system's folder for temporary files unless told. */
  readonly directory?: string;
  readonly actor?: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

interface Rights {
  readonly allowed: Exported[];
  /** By the name of the spec. */
  readonly forbidden: Map<string, SpecStarError>;
}

/** One export: bytes, to be read once. */
export class Archive implements AsyncIterable<Uint8Array> {
  /** For `since` of the next export. */
  readonly cursor: string;
  readonly #bytes: AsyncGenerator<Uint8Array, void>;

  constructor(cursor: string, bytes: AsyncGenerator<Uint8Array, void>) {
    this.cursor = cursor;
    this.#bytes = bytes;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    return this.#bytes;
  }
}

/** Export and import of resources with all of their past. */
export class ArchiveDoor {
  readonly #core: Core;
  readonly #specs: ReadonlyMap<string, ResourceSpec>;

  /** As a platform has them. */
  readonly operations = {
    export: (options?: ExportOptions) => this.export(options),
    import: (bytes: AsyncIterable<Uint8Array>, options?: ImportOptions) => this.import(bytes, options),
  };

  /** @param specs whose resources archives are of: what the platform keeps for one store alone is in none */
  constructor(core: Core, specs: ReadonlyMap<string, ResourceSpec> = core.specs) {
    this.#core = core;
    this.#specs = specs;
  }

  /**
   * Begins an archive. It shows every resource as it is at some instant behind the cursor: whatever changes while it is read may
   * be in it or not, and is in the next one since that cursor.
   *
   * @throws FORBIDDEN, BAD_REQUEST for a cursor of another export, GONE where the feed does not reach back so far
   */
  async export({ resources, id, since, actor = anonymous, onProgress }: ExportOptions = {}): Promise<Archive> {
    const exported = await this.#mayExport(actor, resources);
    if (id !== undefined && exported.length !== 1)
      throw fail("BAD_REQUEST", "id is of a resource of one spec: name it, and no other, in resources", { field: "id" });
    const { storage, cursors } = this.#core;
    const state = await storage.state();
    const scope = scopeOf(exported, id);
    const from = since === undefined ? undefined : this.#position(since, scope, state.epoch);
    if (from !== undefined) checkKept(from, state);
    const cursor = cursors.seal(["archive", state.epoch, scope, state.head]);
    const plan = { exported, id, since: from, position: state.head, cursor, onProgress };
    return new Archive(cursor, new ArchiveExport(this.#core, plan).bytes());
  }

  /**
   * Verifies the whole archive before the first of its resources is written, each of which is then there with all of its past or
   * not at all. An import that ends half-way goes on when it is run again.
   *
   * @throws BAD_REQUEST (`reason`: foreign, newer, damaged, malformed, spec), PAYLOAD_TOO_LARGE, VALIDATION_FAILED, CONFLICT,
   * UNIQUE_VIOLATION, FORBIDDEN
   */
  async import(bytes: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<ImportResult> {
    const { resources, onConflict = "fail", directory, actor = anonymous, onProgress } = options;
    if (!conflictPolicies.includes(onConflict))
      throw fail("BAD_REQUEST", `onConflict takes ${conflictPolicies.join(", ")}`, { field: "onConflict" });
    const { allowed, forbidden } = await this.#mayImport(actor, resources);
    const importable = new Map(allowed.map((each) => [each.spec.name, each]));
    const archive = new ArchiveImport(this.#core, { importable, forbidden, actor, onConflict, onProgress });
    const spool = await Spool.open(directory, this.#core.limits.archiveBytes);
    try {
      await archive.verify(spool.keeping(bytes));
      return await archive.write(spool.read());
    } finally {
      await spool.close();
    }
  }

  /** All that are named have to be allowed. */
  async #mayExport(actor: Actor, named: readonly Named[] | undefined): Promise<readonly Exported[]> {
    const { allowed, forbidden } = await this.#rights("export", actor, named);
    const [refused] = forbidden.values();
    if (!refused) return allowed;
    const hint = named ? "" : `. Name those that you may: resources, or ?types= over REST`;
    throw fail(refused.code, refused.message + hint, refused.details);
  }

  /** Before anything is read: one has to be allowed at least. Of which the archive is, its header says. */
  async #mayImport(actor: Actor, named: readonly Named[] | undefined): Promise<Rights> {
    const rights = await this.#rights("import", actor, named);
    const [refused] = rights.forbidden.values();
    if (refused && (named || rights.allowed.length === 0)) throw refused;
    return rights;
  }

  async #rights(operation: "export" | "import", actor: Actor, named: readonly Named[] | undefined): Promise<Rights> {
    const unknown = named?.find(({ name }) => !this.#specs.has(name))?.name.slice(0, 100);
    if (unknown !== undefined) throw fail("BAD_REQUEST", `${unknown} is not among the resources of this platform`, { resource: unknown });
    const rights: Rights = { allowed: [], forbidden: new Map() };
    for (const spec of this.#specs.values()) {
      if (named?.every(({ name }) => name !== spec.name)) continue;
      try {
        rights.allowed.push({ spec, filter: await authorize(this.#core.authorize, { actor, operation, spec }) });
      } catch (thrown) {
        if (!(thrown instanceof SpecStarError) || thrown.code !== "FORBIDDEN") throw thrown;
        rights.forbidden.set(spec.name, thrown);
      }
    }
    return rights;
  }

  #position(cursor: string, scope: string, epoch: string): number {
    const content = this.#core.cursors.open(cursor, "since");
    if (!Array.isArray(content) || content[0] !== "archive" || content[2] !== scope)
      throw fail("BAD_REQUEST", "The cursor is not one of an export of the same resources", { field: "since" });
    if (content[1] !== epoch) throw goneByEpoch();
    return Number(content[3]);
  }
}
