import { columnsOf } from "../manager/change.ts";
import { RevisionView } from "../manager/resource.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { ChangeRow, MetaRow, Stored } from "../storage/rows.ts";
import type { IStorage } from "../storage/storage.ts";

/** What filters look at, of the revisions before and after a change; undefined for what there is not (any more). */
interface States {
  readonly before: MetaRow | undefined;
  readonly after: MetaRow | undefined;
}

/** Reads what a change was about. Readers that are woken by the same change share one read; nothing is kept. */
export class ChangedStates {
  readonly #storage: Pick<IStorage, "read">;
  readonly #reading = new Map<ChangeRow, Promise<States>>();

  constructor(storage: Pick<IStorage, "read">) {
    this.#storage = storage;
  }

  of(spec: ResourceSpec, row: ChangeRow): Promise<States> {
    const known = this.#reading.get(row);
    if (known) return known;
    const reading = this.#read(spec, row).finally(() => this.#reading.delete(row));
    this.#reading.set(row, reading);
    return reading;
  }

  async #read(spec: ResourceSpec, { type, id, revision, previous }: ChangeRow): Promise<States> {
    const numbers = previous === null || previous === revision ? [revision] : [revision, previous];
    const [after, before] = await this.#storage.read(
      type,
      numbers.map((number) => ({ id, number })),
    );
    return { before: before && withColumns(spec, before), after: after && withColumns(spec, after) };
  }
}

const withColumns = (spec: ResourceSpec, { meta, revision }: Stored): MetaRow => ({
  ...meta,
  columns: columnsOf(spec, new RevisionView(spec, revision, meta.current).data),
});
