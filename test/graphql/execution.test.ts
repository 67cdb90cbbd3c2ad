import {
  type ExecutionResult,
  execute,
  GraphQLEnumType,
  type GraphQLFieldResolver,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  getIntrospectionQuery,
  parse,
  validate,
} from "graphql";
import { describe, expect, test } from "vitest";
import { executor } from "../../schema/execution/execute.ts";
import { fail, SpecStarError } from "../../src/errors.ts";

/** A schema of everything that can go wrong, beside what goes right. */
const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(resolve, value));
const refuse = (message: string): never => {
  throw fail("FORBIDDEN", message);
};
const refuseLater = async (message: string): Promise<never> => refuse(await later(message));
const seen: Pick<GraphQLResolveInfo, "fieldName" | "path" | "variableValues" | "operation">[] = [];

const named = new GraphQLInterfaceType({ name: "Named", fields: { name: { type: GraphQLString } } });
const color = new GraphQLEnumType({ name: "Color", values: { RED: { value: 1 }, BLUE: { value: 2 } } });
const awaitable = "then";
const resolvers: Record<string, GraphQLFieldResolver<unknown, unknown>> = {
  sync: () => "sync",
  later: () => later("later"),
  // As query builders are: no promise, but it can be awaited.
  thenable: () => Object.fromEntries([[awaitable, (resolve: (value: string) => void) => resolve("thenable")]]),
  nothing: () => null,
  absent: () => undefined,
  refused: () => refuse("refused"),
  refusedLater: () => refuseLater("refused later"),
  anError: () => fail("CONFLICT", "returned, not thrown"),
  noString: () => ({ toString: 1 }),
};
const leaves = Object.fromEntries(Object.entries(resolvers).map(([name, resolve]) => [name, { type: GraphQLString, resolve }]));
const required = Object.fromEntries(
  Object.entries(resolvers).map(([name, resolve]) => [`${name}Required`, { type: new GraphQLNonNull(GraphQLString), resolve }]),
);
const cat: GraphQLObjectType = new GraphQLObjectType({
  name: "Cat",
  interfaces: [named],
  isTypeOf: (value) => value !== "no cat",
  fields: () => ({
    ...leaves,
    ...required,
    name: { type: GraphQLString, resolve: (source) => `cat ${source}` },
    friends: { type: pets, resolve: () => ["cat", "dog"] },
  }),
});
const dog = new GraphQLObjectType({
  name: "Dog",
  interfaces: [named],
  isTypeOf: async (value) => later(value === "dog"),
  fields: { name: { type: GraphQLString, resolve: (source) => later(`dog ${source}`) }, color: { type: color, resolve: () => 2 } },
});
const pet = new GraphQLUnionType({
  name: "Pet",
  types: [cat, dog],
  resolveType: (value) => (value === "dog" ? later("Dog") : value === "bird" ? "Bird" : value === "nobody" ? undefined : "Cat"),
});
const pets = new GraphQLList(pet);
const lists: Record<string, () => unknown> = {
  plain: () => ["a", null, later("b")],
  failing: () => ["a", fail("CONFLICT", "an item"), refuseLater("an item later")],
  notAList: () => "a",
  aSet: () => new Set(["a", "b"]),
  async generated() {
    return (async function* () {
      yield "a";
      yield await later("b");
    })();
  },
};
const query = new GraphQLObjectType({
  name: "Query",
  fields: {
    ...leaves,
    ...required,
    byDefault: { type: GraphQLString },
    method: { type: GraphQLInt, args: { by: { type: GraphQLInt, default: { value: 2 } } } },
    cat: { type: cat, resolve: () => "Tom" },
    noCat: { type: cat, resolve: () => "no cat" },
    catRequired: { type: new GraphQLNonNull(cat), resolve: () => later("Tom") },
    pets: { type: pets, resolve: () => ["Tom", "dog", later("dog"), null] },
    strange: { type: pets, resolve: () => ["bird", "nobody", "Tom"] },
    namedPet: { type: named, resolve: () => "dog" },
    ...Object.fromEntries(Object.entries(lists).map(([name, resolve]) => [name, { type: new GraphQLList(GraphQLString), resolve }])),
    ...Object.fromEntries(
      Object.entries(lists).map(([name, resolve]) => [
        `${name}Required`,
        { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), resolve },
      ]),
    ),
    nested: { type: new GraphQLList(new GraphQLList(GraphQLInt)), resolve: () => [[1, 2], null, ["x"]] },
    color: { type: color, resolve: () => 3 },
    echo: {
      type: GraphQLString,
      args: {
        text: { type: GraphQLString, default: { value: "nothing" } },
        number: { type: GraphQLInt },
        color: { type: color },
        needed: { type: new GraphQLNonNull(new GraphQLList(GraphQLInt)) },
      },
      resolve: (_source, args, _context, info) => {
        seen.push({ fieldName: info.fieldName, path: info.path, variableValues: info.variableValues, operation: info.operation });
        return JSON.stringify(args);
      },
    },
  },
});
let count = 0;
const mutation = new GraphQLObjectType({
  name: "Mutation",
  fields: {
    add: { type: GraphQLInt, args: { by: { type: GraphQLInt } }, resolve: async (_source, { by }) => (count = (await later(count)) + by) },
    fail: { type: new GraphQLNonNull(GraphQLInt), resolve: () => refuse("not this one") },
  },
});
const schema = new GraphQLSchema({ query, mutation, types: [cat, dog] });
const rootValue = { byDefault: "by default", method: ({ by }: { by: number }) => by * 2 };

/** Errors as clients can tell them apart: what is no fault of theirs is masked. */
function plain({ data, errors }: ExecutionResult) {
  const shown = errors?.map(({ path, locations, originalError, message }) => {
    const theirs =
      path === undefined ||
      message.startsWith("Argument ") ||
      (originalError instanceof SpecStarError && originalError.code !== "INTERNAL");
    return JSON.stringify({ path, locations, message: theirs ? message : "masked" });
  });
  return { data: data && JSON.parse(JSON.stringify(data)), errors: shown?.toSorted() };
}

const ours = executor();

async function bothWays(text: string, variableValues: Record<string, unknown> = {}, operationName?: string) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const args = { schema, document, rootValue, variableValues, contextValue: {}, ...(operationName ? { operationName } : {}) };
  const runs = [];
  // Once more from the plan that the first time has left.
  for (const run of [execute, ours, ours]) {
    count = 0;
    runs.push(plain(await run(args)));
  }
  return runs;
}

const every = (names: readonly string[], below = ""): string => names.map((name) => `${name}${below}`).join(" ");

const documents: Record<string, [text: string, variables?: Record<string, unknown>, operationName?: string]> = {
  "leaves that may be null": [`{ ${every(Object.keys(leaves))} }`],
  lists: [`{ ${every(Object.keys(lists))} }`],
  "lists of what must not be null": [`{ ${every(Object.keys(lists).map((name) => `${name}Required`))} }`],
  "lists of lists": ["{ nested }"],
  "fields without resolvers": ["{ byDefault method other: method(by: 4) }"],
  "objects, unions and interfaces": [
    "{ cat { name __typename } pets { __typename ... on Named { name } ... on Dog { color } } namedPet { __typename name } }",
  ],
  "objects that are not what they should be": ["{ noCat { name } strange { ... on Cat { name } } color }"],
  "fragments in fragments, merged": [
    "{ cat { ...A friends { ...C } } cat { sync ...B } } fragment A on Cat { name ...B } fragment B on Named { name ... { again: name } } fragment C on Pet { ... on Cat { name } ... on Dog { ...B color } }",
  ],
  "names that objects have anyway": ["{ __proto__: sync constructor: sync toString: cat { __proto__: name } }"],
  "what is skipped": [
    "query ($a: Boolean!, $b: Boolean!) { sync @skip(if: $a) later @include(if: $b) ... @skip(if: $b) { cat { name } } ...F @include(if: $a) } fragment F on Query { byDefault }",
    { a: true, b: false },
  ],
  "what is not skipped": [
    "query ($a: Boolean!, $b: Boolean!) { sync @skip(if: $a) later @include(if: $b) ... @skip(if: $b) { cat { name } } ...F @include(if: $a) } fragment F on Query { byDefault }",
    { a: false, b: true },
  ],
  "skipping by literals": ["{ sync @skip(if: true) later @include(if: true) }"],
  arguments: [
    "query ($t: String, $n: Int, $l: [Int]!) { a: echo(text: $t, number: $n, needed: $l) b: echo(text: null, color: BLUE, needed: [1, $n]) c: echo(needed: 3) }",
    { t: "x", n: 4, l: [1, null] },
  ],
  "arguments that are missing or null": [
    "query ($t: String, $n: Int, $l: [Int] = [7]) { a: echo(text: $t, number: $n, needed: $l) }",
    { n: null },
  ],
  "a null where none may be": ["query ($l: [Int] = [7]) { sync echo(needed: $l) }", { l: null }],
  "a wrong variable": ["query ($n: Int) { echo(number: $n, needed: []) }", { n: "x" }],
  "a missing variable": ["query ($n: Int!) { echo(number: $n, needed: []) }"],
  "one of several operations": ["query A { sync } query B { later }", {}, "B"],
  "no such operation": ["query A { sync } query B { later }", {}, "C"],
  "mutations, in order": ["mutation { a: add(by: 1) b: add(by: 2) c: add(by: 3) }"],
  "mutations, up to the one that fails": ["mutation { a: add(by: 1) fail c: add(by: 3) }"],
  introspection: [getIntrospectionQuery()],
  "one type": ['{ __type(name: "Cat") { name fields { name type { kind ofType { name } } } } __typename }'],
  ...Object.fromEntries(Object.keys(required).map((name) => [`${name} below what may be null`, [`{ cat { name ${name} later } sync }`]])),
  ...Object.fromEntries(Object.keys(required).map((name) => [`${name} below what must not be`, [`{ sync catRequired { ${name} } }`]])),
  ...Object.fromEntries(Object.keys(required).map((name) => [`${name} in a list`, [`{ pets { ... on Cat { ${name} } } }`]])),
};

describe("an answer is that of the reference implementation", () => {
  test.each(Object.entries(documents))("%s", async (_name, [text, variables, operationName]) => {
    const [reference, first, again] = await bothWays(text, variables, operationName);
    expect(reference?.data !== undefined || reference?.errors !== undefined).toBe(true);
    expect(first).toEqual(reference);
    expect(again).toEqual(reference);
  });
});

test("a resolver is told of its field what the reference implementation tells it", async () => {
  seen.length = 0;
  await bothWays("query Named($n: Int) { deep: echo(number: $n, needed: []) }", { n: 1 });
  const [reference, ...others] = seen.map((info) => JSON.stringify(info));
  expect(reference).toContain('"key":"deep"');
  expect(others).toEqual([reference, reference]);
});

test("a plan keeps nothing of the request that it was made for", async () => {
  const document = parse("query ($t: String!) { echo(text: $t, needed: []) }");
  const ask = async (t: string) => plain(await ours({ schema, document, variableValues: { t } })).data?.echo;
  expect(await ask("first")).toBe('{"text":"first","needed":[]}');
  expect(await ask("second")).toBe('{"text":"second","needed":[]}');
});
