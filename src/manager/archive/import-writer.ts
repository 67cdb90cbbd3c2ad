import { fail, type SpecStarError } from "../../errors.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { UnitFailure } from "../../storage/rows.ts";
import type { Core } from "../scope.ts";
import type { Item } from "./archive-reader.ts";
import type { Decision } from "./decide-import.ts";
import type { ImportPlan, ImportResult } from "./import-archive.ts";
import type { Incoming } from "./incoming.ts";
import { conflict } from "./refusals.ts";

type Decide = (incoming: readonly Incoming[]) => Promise<readonly Decision[]>;
type Write = Extract<Decision, { kind: "write" }>;

/** How often a resource that is being changed by others is decided anew. */
const mostRounds = 5;

/** The second pass: many resources in one unit of work, and by themselves where that is refused. One batch is written while the next is read. */
export class ImportWriter {
  readonly #core: Core;
  readonly #plan: ImportPlan;
  readonly #decide: Decide;
  #result = { created: 0, replaced: 0, unchanged: 0, skipped: 0, revisions: 0, blobs: 0 };
  #writing: Promise<void> = Promise.resolve();

  constructor(core: Core, plan: ImportPlan, decide: Decide) {
    this.#core = core;
    this.#plan = plan;
    this.#decide = decide;
  }

  async result(): Promise<ImportResult> {
    await this.#writing;
    return this.#result;
  }

  /** Before whoever holds it. It keeps its id, its uploader and its instant. */
  async blob({ row, bytes }: Extract<Item, { kind: "blob" }>): Promise<void> {
    const { id, contentType, createdAt, createdBy } = row;
    const [here] = await this.#core.storage.blobs([id]);
    if (here) {
      for await (const _ of bytes());
      return;
    }
    await this.#core.storage.putBlob(bytes(), { id, contentType, createdAt, createdBy });
    this.#result.blobs += 1;
  }

  async resources(incoming: readonly Incoming[]): Promise<void> {
    await this.#writing;
    this.#writing = this.#batch(incoming);
    // It is waited for at the next call; until then nobody else hears of it.
    this.#writing.catch(() => {});
  }

  async #batch(incoming: readonly Incoming[]): Promise<void> {
    crashPoint("before-import-batch");
    const decisions = await this.#decide(incoming);
    for (const { kind } of decisions) if (kind !== "write") this.#result[kind === "unchanged" ? "unchanged" : "skipped"] += 1;
    const writes = decisions.filter((decision) => decision.kind === "write");
    if (writes.length === 0) return;
    const [together] = await this.#core.storage.commit([{ changes: writes.map(({ change }) => change) }]);
    if (together?.ok) for (const each of writes) this.#count(each);
    else for (const [i, each] of incoming.entries()) if (decisions[i]?.kind === "write") await this.#alone(each);
  }

  async #alone(incoming: Incoming): Promise<void> {
    for (let round = 1; ; round++) {
      const [decision] = await this.#decide([incoming]);
      if (decision?.kind !== "write") {
        this.#result[decision?.kind === "unchanged" ? "unchanged" : "skipped"] += 1;
        return;
      }
      const [result] = await this.#core.storage.commit([{ changes: [decision.change] }]);
      if (!result || result.ok) return this.#count(decision);
      const { failure } = result;
      const moved = failure.kind === "version" || failure.kind === "taken";
      if (moved && round < mostRounds) continue;
      if (failure.kind !== "unique" || this.#plan.onConflict !== "skip") throw this.#refusal(incoming, failure);
      this.#result.skipped += 1;
      return;
    }
  }

  #count({ replaces, change }: Write): void {
    this.#result[replaces ? "replaced" : "created"] += 1;
    this.#result.revisions += change.imported?.revisions.length ?? 0;
  }

  #refusal({ spec, meta: { id } }: Incoming, failure: UnitFailure): SpecStarError {
    const again = "What was imported before it stays; import the same archive again to go on";
    if (failure.kind === "unique") {
      const field = failure.columns.map((name) => spec.uniques.find((column) => column.name === name)?.path.join(".") ?? name).join(", ");
      return fail("UNIQUE_VIOLATION", `Another ${spec.name} here has the ${field} of ${id}. ${again}`, { resource: spec.name, id, field });
    }
    // Blobs that nobody holds yet may be swept, when they are as old as those of an archive are.
    if (failure.kind === "blob") return fail("UNAVAILABLE", `A blob of ${id} was swept before ${id} was there. ${again}`, { id });
    return conflict(spec, id, `is being changed by others. ${again}`);
  }
}
