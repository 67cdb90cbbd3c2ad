import type { GraphQLResolveInfo } from "graphql";
import type { Execution, Path } from "./execution.ts";
import type { FieldPlan } from "./field-plan.ts";

/** What GraphQL tells a resolver of its field. Most never ask, so everything is looked up when they do. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly #execution: Execution;
  readonly #field: FieldPlan;
  readonly #parent: Path | undefined;

  constructor(execution: Execution, field: FieldPlan, parent: Path | undefined) {
    this.#execution = execution;
    this.#field = field;
    this.#parent = parent;
  }

  get fieldName() {
    return this.#field.definition.name;
  }
  get fieldNodes() {
    return this.#field.nodes;
  }
  get returnType() {
    return this.#field.definition.type;
  }
  get parentType() {
    return this.#field.parent;
  }
  get path() {
    return { prev: this.#parent, key: this.#field.key, typename: this.#field.parent.name };
  }
  get schema() {
    return this.#execution.args.schema;
  }
  get fragments() {
    return this.#execution.args.fragmentDefinitions;
  }
  get rootValue() {
    return this.#execution.args.rootValue;
  }
  get operation() {
    return this.#execution.args.operation;
  }
  get variableValues() {
    return this.#execution.args.variableValues;
  }
  getAbortSignal() {
    return undefined;
  }
  getAsyncHelpers() {
    return helpers;
  }
}

/** Nothing waits for work that goes on behind an answer. */
const helpers = { promiseAll: <T>(values: readonly (PromiseLike<T> | T)[]) => Promise.all(values), track: () => {} };
