import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  print,
} from "graphql";

/** An operation to try, with JSON for its variables. */
export interface ExampleOperation {
  readonly query: string;
  readonly variables?: string;
}

/** What the examples are about: a resource's object type, and the root field that pages through it. */
interface Subject {
  readonly type: GraphQLObjectType;
  readonly many: string;
}

const mostFields = 5;
const hint = `# Ctrl-Enter runs this, Ctrl-Space completes.
# The book on the left explains every type.
# The other tabs: a history, a mutation, a subscription.
`;

/**
 * A page, a history, a mutation and a subscription of one resource, each ready to run: of the first that can be created without
 * the id of another, else of the first.
 */
export function exampleOperations(schema: GraphQLSchema): readonly ExampleOperation[] {
  const subjects = subjectsOf(schema);
  const subject = subjects.find(({ type }) => !needsId(createInput(schema, type))) ?? subjects[0];
  if (!subject) return [{ query: "{\n  __typename\n}\n" }];
  const examples = [pageOf(subject), historyOf(subject), creationOf(schema, subject), changesOf(schema, subject)];
  return examples.flatMap((example, i) => (example ? [{ ...example, query: (i === 0 ? hint : "") + print(parse(example.query)) }] : []));
}

const subjectsOf = (schema: GraphQLSchema): Subject[] =>
  Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((field) => {
    const page = getNamedType(field.type);
    const type = isObjectType(page) ? getNamedType(page.getFields().nodes?.type) : undefined;
    // `articlesAsOf` and the like page through other types than resources, or ask for more.
    const plain = field.args.some(({ name }) => name === "orderBy") && field.args.every(({ type: of }) => !isNonNullType(of));
    return plain && isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Resource") ? [{ type, many: field.name }] : [];
  });

const createField = (schema: GraphQLSchema, { name }: GraphQLObjectType): GraphQLField<unknown, unknown> | undefined =>
  schema.getMutationType()?.getFields()[`create${name}`];

const createInput = (schema: GraphQLSchema, type: GraphQLObjectType): GraphQLInputType | undefined =>
  createField(schema, type)?.args.find((arg) => arg.name === "data")?.type;

const pageOf = ({ type, many }: Subject): ExampleOperation => ({
  query: `query ${upper(many)} {
    ${many}(orderBy: [{ meta: { createdAt: DESC } }], first: 10) {
      totalCount
      nodes { id ${plainFields(type)} meta { version createdAt } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
});

/** Of what was changed last, so that there is no id to be filled in. */
const historyOf = ({ type, many }: Subject): ExampleOperation => ({
  query: `query ${type.name}History {
    ${many}(orderBy: [{ meta: { updatedAt: DESC } }], first: 1) {
      nodes {
        id
        revisions(last: 5) { nodes { number status createdAt createdBy data { ${plainFields(type)} } } }
        diff(from: 1) { from to operations { op path value } }
      }
    }
  }`,
});

function creationOf(schema: GraphQLSchema, { type }: Subject): ExampleOperation | undefined {
  const input = createInput(schema, type);
  const success = schema.getType(`Create${type.name}Success`);
  const member = isObjectType(success) ? Object.values(success.getFields()).find((field) => getNamedType(field.type) === type) : undefined;
  if (!input || !member) return undefined;
  const key = createField(schema, type)?.args.some(({ name }) => name === "key") ? `key: "example", ` : "";
  return {
    query: `mutation Create${type.name}($data: ${String(input)}) {
      create${type.name}(${key}data: $data) {
        __typename
        ... on Create${type.name}Success { ${member.name} { id ${plainFields(type)} meta { version } } }
        ... on ValidationFailed { issues { path message } }
        ... on Error { code message }
      }
    }`,
    variables: JSON.stringify({ data: exampleValue(input) }, null, 2),
  };
}

/** Found by its type, since its name may be any that its users gave. */
function changesOf(schema: GraphQLSchema, { type }: Subject): ExampleOperation | undefined {
  const changed = Object.values(schema.getSubscriptionType()?.getFields() ?? {}).find(
    (field) => getNamedType(field.type).name === `${type.name}Event`,
  );
  const event = changed && getNamedType(changed.type);
  const member = isObjectType(event) ? Object.values(event.getFields()).find((field) => field.type === type) : undefined;
  if (!changed || !member) return undefined;
  return {
    query: `subscription ${type.name}Changes {
      ${changed.name} { cursor kind resourceId ${member.name} { ${plainFields(type)} } diff { operations { op path value } } at by }
    }`,
  };
}

/** The first fields that can be selected as they are, and one level of those below an object. */
function plainFields(type: GraphQLObjectType, below = true): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (!isPlain(field)) return [];
    if (isLeafType(inner)) return inner.name === "JSON" ? [] : [field.name];
    const inside = below && isObjectType(inner) && inner.getInterfaces().length === 0 ? plainFields(inner, false) : "";
    return inside === "" ? [] : [`${field.name} { ${inside} }`];
  });
  return fields.slice(0, mostFields).join(" ") || "__typename";
}

const platformFields: ReadonlySet<string> = new Set(["id", "meta", "revision", "referrers"]);

const isPlain = ({ name, type, args, deprecationReason }: GraphQLField<unknown, unknown>): boolean =>
  args.length === 0 && !platformFields.has(name) && !isListType(getNullableType(type)) && deprecationReason == null;

function needsId(type: GraphQLInputType | undefined): boolean {
  const inner = type && getNamedType(type);
  return isInputObjectType(inner) ? requiredOf(inner.getFields()).some((field) => needsId(field.type)) : inner?.name === "ID";
}

const requiredOf = <F extends { readonly type: GraphQLInputType }>(fields: Readonly<Record<string, F>>): F[] =>
  Object.values(fields).filter(({ type }) => isNonNullType(type) && !isListType(getNullableType(type)));

const exampleScalars: Readonly<Record<string, unknown>> = {
  Boolean: true,
  Int: 1,
  SafeInt: 1,
  Float: 1,
  Date: "2026-01-31",
  DateTime: "2026-01-31T12:00:00Z",
  JSON: {},
  ID: "",
};

/** The least that is taken, and what the spec gives examples of. */
function exampleValue(type: GraphQLInputType): unknown {
  if (isListType(getNullableType(type))) return [];
  const inner = getNamedType(type);
  if (isEnumType(inner)) return inner.getValues()[0]?.name;
  if (!isInputObjectType(inner)) return exampleScalars[inner.name] ?? "Example";
  const fields = Object.values(inner.getFields());
  const shown = fields.filter((field) => isNonNullType(field.type) || "example" in field.extensions);
  return Object.fromEntries(
    (shown.length > 0 ? shown : fields.slice(0, 1)).map((field) => [
      field.name,
      "example" in field.extensions ? field.extensions.example : exampleValue(field.type),
    ]),
  );
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
