import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectralCore from "@stoplight/spectral-core";
import { oas } from "@stoplight/spectral-rulesets";

const { Ruleset, Spectral } = spectralCore;

/** What Redocly's recommended rules say of a document, and Spectral's for OpenAPI: nothing, of one that is well. */
export async function findings(document: object): Promise<readonly string[]> {
  const text = JSON.stringify(document);
  const config = await createConfig({ extends: ["recommended"] });
  const redocly = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
  const spectral = new Spectral();
  spectral.setRuleset(new Ruleset({ extends: [[oas, "recommended"]] }));
  const results = await spectral.run(text);
  return [
    ...redocly.map(({ ruleId, message, location }) => `redocly ${ruleId}: ${message} at ${location[0]?.pointer ?? ""}`),
    ...results.map(({ code, message, path }) => `spectral ${code}: ${message} at ${path.join("/")}`),
  ];
}
