import type { Planned } from "./operations.ts";
import { type Known, resolved } from "./placeholders.ts";
import { specs } from "./specs.ts";
import type { Outcome, Step } from "./step.ts";

type Json = ReturnType<typeof JSON.parse>;
type Template = Readonly<Record<string, unknown>>;

const byPrefix: ReadonlyMap<string, string> = new Map(specs.map((spec) => [spec.names.prefix, spec.name]));
const typeOf = (id: string): string => byPrefix.get(id.slice(0, id.lastIndexOf("_"))) ?? "";
const keyed: ReadonlySet<string> = new Set(specs.filter(({ key }) => key === true).map(({ name }) => name));
const paged: ReadonlySet<string> = new Set(["search", "revisions"]);

/** What a sequence has come to know by the manager's answers, which later steps are made of. */
export class Learned implements Known {
  readonly number: number;
  readonly ids = new Map<string, string[]>();
  readonly versions = new Map<string, number>();
  readonly blobs: string[] = [];
  readonly cursors: string[] = [];
  readonly instants: string[] = [];
  readonly purged = new Set<string>();
  readonly #currents = new Map<string, number>();
  readonly #writes: Step[] = [];
  readonly #pages: { readonly step: Step; readonly ends: readonly [string, string] }[] = [];

  constructor(number: number) {
    this.number = number;
  }

  resolve(template: unknown): unknown {
    return resolved(template, this);
  }

  feedArgs(feed: Template): { readonly types: readonly string[] } {
    const { where, kinds, type } = Object(this.resolve(feed));
    return { types: [type], ...(where ? { where } : {}), ...(kinds ? { kinds } : {}) };
  }

  /** Undefined where there is nothing yet to do again. */
  stepOf(planned: Exclude<Planned, { readonly kind: "together" }>): Step | undefined {
    if (planned.kind === "again") {
      const write = this.#writes[planned.n % Math.max(1, this.#writes.length)];
      return write?.op === "modify" ? this.#finished(write) : write;
    }
    if (planned.kind === "turn") {
      const page = this.#pages[planned.n % Math.max(1, this.#pages.length)];
      if (!page) return undefined;
      const { first: _first, last: _last, after: _after, before: _before, ...rest } = page.step as Json;
      return { ...rest, ...(planned.back ? { last: 2, before: page.ends[0] } : { first: 2, after: page.ends[1] }) };
    }
    return this.#finished(this.resolve(planned.step) as Json);
  }

  /** What GraphQL and REST cannot say otherwise. */
  #finished(given: Json): Step {
    // What is no id has no entity tag.
    const step: Json = typeof given.id === "string" && !/^[\w-]+$/.test(given.id) ? { ...given, ifVersion: undefined } : given;
    if (step.op === "modify") return { ...step, current: this.#currents.get(step.id) ?? 1 };
    if (step.op !== "batch") return step;
    const rows = step.rows.map(({ status, ...row }: Json, i: number) =>
      step.verb === "create"
        ? { ...row, ...(keyed.has(step.type) && row.key === undefined ? { key: `x${i}-${this.number}` } : {}) }
        : { status, ...row },
    );
    // In which order two rows write to one resource is nobody's promise.
    const known = new Set<string>();
    const apart = rows.filter((row: Json) =>
      !known.has(row.id ?? row.key) && (row.id ?? row.key) !== undefined
        ? known.add(row.id ?? row.key)
        : row.id === undefined && row.key === undefined,
    );
    return { ...step, rows: apart };
  }

  learn(step: Step, outcome: Outcome): void {
    if (
      ["create", "upsert", "update", "patch", "action", "batch", "transact", "delete", "restore", "switch", "modify", "purge"].includes(
        step.op,
      )
    )
      this.#writes.push(step);
    if ("asOf" in step && step.asOf !== undefined) return;
    this.#look(outcome);
    if (step.op === "purge" && outcome.code === undefined) this.purged.add(step.id);
    const { startCursor, endCursor } = Object(outcome.pageInfo);
    if (!paged.has(step.op) || typeof startCursor !== "string") return;
    this.cursors.push(endCursor, startCursor);
    this.#pages.push({ step, ends: [startCursor, endCursor] });
  }

  /** An action tells of the resource that it is about; of the others plugins hear. */
  hear(events: readonly Json[]): void {
    for (const { phase, id, version, current } of events) if (phase === "after" && version !== undefined) this.#met(id, version, current);
  }

  #met(id: string, version: number, current: number): void {
    const ids = this.ids.get(typeOf(id)) ?? [];
    if (!ids.includes(id)) this.ids.set(typeOf(id), [...ids, id]);
    this.versions.set(id, version);
    this.#currents.set(id, current);
  }

  #look(value: Json): void {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.id === "string" && value.meta) {
      this.#met(value.id, value.meta.version, value.revision.number);
      return;
    }
    // Rows of purges have an id and nothing else.
    if (typeof value.id === "string" && typeof value.changed === "boolean") this.purged.add(value.id);
    for (const each of Object.values(value)) this.#look(each);
  }
}
