import { z } from "zod";
import { fail } from "../errors.ts";
import type { ActionCall } from "./action-call.ts";
import { aFunction, anObject, aString, checkOptions, type OptionCheck } from "./check-options.ts";
import { type Field, hasRules, walkShape } from "./field.ts";
import { kebabCase, upperFirst } from "./letter-case.ts";
import { reservedActions } from "./names.ts";

/** An operation of a spec's own on one of its resources, as plain data. */
export interface Action {
  /** `publish`: also the operation that `authorize` and plugins hear of */
  readonly name: string;
  readonly description: string | undefined;
  /** `publishArticle`: the mutation, and the operation of the OpenAPI document */
  readonly mutation: string;
  /** `PublishArticle`: what the names of its types begin with */
  readonly type: string;
  /** `publish`: the REST path segment */
  readonly path: string;
  /** Undefined where it takes none. */
  readonly input: ActionData | undefined;
  /** Undefined where it answers the resource alone. */
  readonly output: ActionData | undefined;
  readonly handler: (call: ActionCall) => Promise<unknown>;
}

/** What an action takes or answers. */
export interface ActionData {
  readonly schema: z.ZodObject;
  readonly fields: readonly Field[];
  /** The schema holds refinements of the user's, which may have to be waited for. */
  readonly rules: boolean;
}

/** For the compiler only: by the names of actions what callers give, and what they are answered. */
export type ActionTypes = Readonly<Record<string, { readonly input: object; readonly output: unknown }>>;

type HandlerInput<Input> = [Input] extends [z.ZodObject] ? z.output<Input> : Readonly<Record<string, never>>;
type HandlerAnswer<Output> = [Output] extends [z.ZodObject] ? Promise<z.input<Output>> : Promise<void>;

type At<Map, Name> = Name extends keyof Map ? Map[Name] : undefined;

/** `actions` of a spec. Names and the types of `input` and `output` are found first, then the handlers are typed by them. */
export type ActionOptions<Schema extends z.ZodObject, Names extends string, Inputs, Outputs> = {
  readonly [Name in Names]: {
    /** Stands in the GraphQL schema and in the OpenAPI document. */
    readonly description?: string;
    readonly handler: (call: ActionCall<Schema, HandlerInput<At<Inputs, Name>>>) => HandlerAnswer<At<Outputs, Name>>;
  };
} & {
  /** What callers give: a `z.object({ … })` of the kinds that specs take. */
  readonly [Name in keyof Inputs]: { readonly input?: Inputs[Name] };
} & {
  /** What the handler answers, and callers get beside the resource: a `z.object({ … })`. */
  readonly [Name in keyof Outputs]: { readonly output?: Outputs[Name] };
};

export type ActionTypesOf<Names extends string, Inputs, Outputs> = {
  readonly [Name in Names]: {
    readonly input: At<Inputs, Name> extends z.ZodObject ? z.input<At<Inputs, Name>> : Readonly<Record<string, never>>;
    readonly output: At<Outputs, Name> extends z.ZodObject ? z.output<At<Outputs, Name>> : undefined;
  };
};

const anObjectSchema: OptionCheck = { takes: "a z.object({ … }) of zod 4", allows: (value) => value instanceof z.ZodObject };
const options: Record<"description" | "input" | "output" | "handler", OptionCheck> = {
  description: aString,
  input: anObjectSchema,
  output: anObjectSchema,
  handler: { ...aFunction, required: true, takes: "a function: async ({ input, resource }) => …" },
};

/** `actions` as data, in the order in which they were given. @throws BAD_REQUEST that names resource, action and path */
export function actionsOf(resource: string, given: object): readonly Action[] {
  const paths = new Map<string, string>();
  return Object.entries(given).map(([name, action]) => {
    const refuse = (message: string) => fail("BAD_REQUEST", `Resource ${resource}, action ${name.slice(0, 100)}: ${message}`, { resource });
    if (!/^[a-z][A-Za-z]{0,39}$/.test(name)) throw refuse("a name is camelCase, 1 to 40 letters, a small one first: publish");
    if (reservedActions.has(name)) throw refuse("the name is taken by an operation or a route of every resource. Choose another");
    const path = kebabCase(name);
    const other = paths.get(path);
    if (other !== undefined) throw refuse(`its path /${path} is that of the action ${other} too. Rename one`);
    paths.set(path, name);
    checkOptions(`Resource ${resource}, action ${name}`, action, options, resource);
    const { description, input, output, handler } = action;
    const type = upperFirst(name) + upperFirst(resource);
    return Object.freeze({
      name,
      description,
      mutation: name + upperFirst(resource),
      type,
      path,
      input: input && dataOf(input, resource, `, input of action ${name}`),
      output: output && dataOf(output, resource, `, output of action ${name}`),
      handler,
    });
  });
}

function dataOf(schema: z.ZodObject, resource: string, part: string): ActionData {
  const fields = walkShape(schema, resource, "", part);
  if (fields.length === 0) throw fail("BAD_REQUEST", `Resource ${resource}${part}: the schema has no fields. Leave it out`, { resource });
  return { schema, fields, rules: hasRules(schema) };
}

/** Whether callers may leave its input out. */
export const takesNothing = ({ input }: Action): boolean =>
  input === undefined || input.fields.every(({ optional, hasDefault }) => optional || hasDefault);

export const anActionMap: OptionCheck = {
  ...anObject,
  takes: "an object of actions by name: { publish: { input, output, handler } }",
};
