import type { OpenApiOptions } from "specstar";

/** What the platform cannot know of itself. */
export const openapi: OpenApiOptions = {
  info: {
    title: "Atlas",
    version: "1.0.0",
    description: "Countries and cities with their history: an example of SpecStar. GET answers HEAD too.",
    contact: { name: "Whoever runs this atlas" },
    license: { name: "MIT", identifier: "MIT" },
  },
};
