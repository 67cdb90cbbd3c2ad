import { createRequire } from "node:module";
import type { InputOf } from "specstar";
import type { Country as WorldCountry } from "world-countries";
import { CityFile, type GeoName } from "./city-file.ts";
import type { City, Country } from "./resources.ts";

/** The rows of a dataset, made one by one when they are asked for. */
export interface Rows<Data> {
  readonly count: number;
  /** Keys in ascending order, as text. */
  keyAt(index: number): string;
  dataAt(index: number): Data;
}

// Packages are loaded when rows are needed, and not before: a start with everything imported does without them.
const require = createRequire(import.meta.url);

export function packageVersion(name: string): string {
  const { version }: { version: string } = require(`${name}/package.json`);
  return version;
}

export function countryRows(): Rows<InputOf<typeof Country>> {
  const countries = worldCountries();
  const byKey = new Map(countries.map((country) => [country.cca3, countryData(country)]));
  const sorted = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1));
  return { count: sorted.length, keyAt: (index) => at(sorted, index)[0], dataAt: (index) => at(sorted, index)[1] };
}

/** A code that is in no list of countries leaves its cities without one, rather than out. */
export function cityRows(): Rows<InputOf<typeof City>> {
  const cities = new CityFile();
  const cca3 = new Map(worldCountries().map((country) => [country.cca2, country.cca3]));
  return {
    count: cities.count,
    keyAt: (index) => cities.keyAt(index),
    dataAt: (index) => {
      const city = cities.read(index);
      return cityData(city, cca3.get(city.country));
    },
  };
}

function worldCountries(): readonly WorldCountry[] {
  const countries: WorldCountry[] = require("world-countries");
  return countries;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`There is no row ${index}`);
  return found;
}

function countryData({ region, subregion, area, latlng: [lat, lng], ...country }: WorldCountry): InputOf<typeof Country> {
  const { cca2, cca3, name, capital, languages, currencies, borders, independent, unMember, landlocked, flag } = country;
  return {
    ...{ cca2, cca3, name, capital, languages, currencies, borders, independent, unMember, landlocked, flag },
    // The spec refuses any other on creation.
    region: region as InputOf<typeof Country>["region"],
    ...(subregion ? { subregion } : {}),
    ...(area > 0 ? { area } : {}),
    location: { lat, lng },
  };
}

function cityData({ name, population, featureCode, adminCode, lat, lng }: GeoName, cca3: string | undefined): InputOf<typeof City> {
  const country = cca3 === undefined ? null : `country_${cca3}`;
  return { name, country, population, featureCode, ...(adminCode ? { adminCode } : {}), location: { lat, lng } };
}
