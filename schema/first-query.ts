import { type GraphQLField, type GraphQLSchema, getNamedType, getNullableType, isLeafType, isListType, isObjectType } from "graphql";

const mostFields = 5;

/** A query to begin with: the first page of the first resource, with what can be selected of a row at once. */
export function firstQuery(schema: GraphQLSchema): string {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const page = getNamedType(field.type);
    const rows = isObjectType(page) ? page.getFields().nodes : undefined;
    const row = rows && getNamedType(rows.type);
    if (!field.args.some(({ name }) => name === "first") || !isObjectType(row)) continue;
    const names = Object.values(row.getFields()).filter(isPlain).slice(0, mostFields);
    return `# Ctrl-Space completes, Ctrl-Enter runs; the book on the left explains every type.
{
  ${field.name}(first: 10) {
    totalCount
    nodes {
${names.map(({ name }) => `      ${name}\n`).join("")}    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;
  }
  return "{\n  __typename\n}\n";
}

/** Selected by its name alone. */
const isPlain = ({ type, args }: GraphQLField<unknown, unknown>): boolean =>
  args.length === 0 && isLeafType(getNamedType(type)) && !isListType(getNullableType(type));
