import { exampleData, exampleId } from "../../spec/example-data.ts";
import { jsonSchemaOf } from "../../spec/json-schema.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { whereSchema } from "./filter-components.ts";
import { hoisted } from "./hoisted.ts";
import { objectOf, type Schema, schemaRef } from "./operation.ts";
import { revisionProperties } from "./shared-components.ts";

/** All that is derived from one spec: `Article`, `ArticleData`, `ArticleInput`, `ArticlePatch`, `ArticleWhere`, pages and revisions. */
export function resourceSchemas(spec: ResourceSpec): Record<string, Schema> {
  const { type } = spec.names;
  const example = exampleData(spec);
  const input = hoisted(jsonSchemaOf(spec, "input"), `${type}Input`);
  const output = hoisted(jsonSchemaOf(spec, "output"), `${type}Data`);
  const examples = (value: unknown): Schema => (example ? { examples: [value] } : {});
  const envelope = {
    id: { type: "string", ...examples(exampleId(spec.names.prefix)) },
    data: schemaRef(`${type}Data`),
    meta: schemaRef("Meta"),
    revision: schemaRef("Revision"),
  };
  const names: Schema = { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] };
  const search = {
    where: schemaRef(`${type}Where`),
    orderBy: names,
    first: { type: "integer", minimum: 0 },
    after: { type: "string" },
    last: { type: "integer", minimum: 0 },
    before: { type: "string" },
    count: { type: "boolean" },
    includeDeleted: { type: "boolean" },
    asOf: { type: "string", format: "date-time" },
    fields: names,
    expand: names,
  };
  return {
    ...input,
    ...output,
    [`${type}Input`]: { ...input[`${type}Input`], ...examples(example) },
    [`${type}Data`]: { ...output[`${type}Data`], ...examples(example && spec.schema.parse(example)) },
    [`${type}Patch`]: {
      type: "object",
      description: `Merge patch (RFC 7396) of ${type}Input: members that are not there stay, null removes`,
      ...examples(Object.fromEntries(Object.entries(example ?? {}).slice(0, 1))),
    },
    [type]: { ...objectOf(envelope), ...(spec.description ? { description: spec.description } : {}) },
    [`${type}Revision`]: objectOf({ ...revisionProperties, data: schemaRef(`${type}Data`) }),
    [`${type}Page`]: page(type),
    [`${type}RevisionPage`]: page(`${type}Revision`),
    [`${type}Where`]: whereSchema(spec),
    [`${type}Search`]: { type: "object", properties: search, additionalProperties: false, examples: [{ first: 10, count: true }] },
  };
}

const page = (item: string): Schema => ({
  type: "object",
  properties: {
    items: { type: "array", items: schemaRef(item) },
    pageInfo: schemaRef("PageInfo"),
    totalCount: { type: "integer", minimum: 0 },
  },
  required: ["items", "pageInfo"],
});
