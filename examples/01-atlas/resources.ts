import { defineResource, ref } from "specstar";
import { z } from "zod";

const Location = z.object({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) });
const Name = z.object({ common: z.string().min(1), official: z.string().min(1) });

/** Ids are `country_FRA`: the key is a field of the data. */
export const Country = defineResource("country", {
  description: "A country or territory with an ISO 3166-1 code",
  schema: z.object({
    cca2: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .meta({ description: "ISO 3166-1, two letters", examples: ["XS"] }),
    cca3: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .meta({ description: "ISO 3166-1, three letters", examples: ["XSP"] }),
    name: Name.extend({ native: z.record(z.string(), Name).describe("By ISO 639-3 code of the language") }),
    region: z.enum(["Africa", "Americas", "Antarctic", "Asia", "Europe", "Oceania"]),
    subregion: z.string().optional(),
    capital: z.array(z.string()),
    area: z.number().positive().optional().describe("Square kilometres"),
    languages: z.record(z.string(), z.string()),
    currencies: z.record(z.string(), z.object({ name: z.string(), symbol: z.string() })),
    borders: z.array(z.string()).describe("cca3 of each neighbour"),
    independent: z.boolean().nullable(),
    unMember: z.boolean(),
    landlocked: z.boolean(),
    location: Location,
    flag: z.string(),
  }),
  key: "cca3",
  index: ["name.common", "region", "subregion", "capital", "area", "borders", "independent", "unMember", "landlocked", ["region", "area"]],
  unique: ["cca2"],
});

/** Ids are `city_2988507`: the key, GeoNames' number of the place, is chosen by who creates it. */
export const City = defineResource("city", {
  description: "A populated place",
  schema: z.object({
    name: z.string().min(1),
    country: ref(Country).nullable(),
    population: z.int().min(0),
    featureCode: z.string().describe("GeoNames' kind of place: PPLC is a capital"),
    adminCode: z.string().optional(),
    location: Location,
  }),
  key: true,
  index: ["name", "population", "featureCode", ["country", "population"]],
});

/** What has been imported. While an import is under way its dataset is a draft; with the last row it turns stable. */
export const Dataset = defineResource("dataset", {
  schema: z.object({
    package: z.string(),
    version: z.string(),
    origin: z.string(),
    first: z.int().nullable().describe("Only so many rows; null for all"),
    rows: z.int().optional(),
  }),
  key: "package",
});
