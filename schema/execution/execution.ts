import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLObjectType,
  locatedError,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from "graphql";
import type { Complete } from "./complete.ts";
import { FieldInfo } from "./field-info.ts";
import type { FieldPlan } from "./field-plan.ts";
import type { Plan } from "./plan.ts";
import type { Selection } from "./selection.ts";
import { isPromiseLike, thrownWhenSettled } from "./values.ts";

export type Variables = ValidatedExecutionArgs["variableValues"];

/** A place in the answer, from the end. */
export interface Path {
  readonly prev: Path | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
}

type Data = Record<string, unknown>;

/**
 * One execution of a query or a mutation, as section 6 of the GraphQL specification says. What does not wait is not awaited.
 * Values that fail are thrown where they must not be null, and are null with an error where they may be.
 */
export class Execution {
  readonly args: ValidatedExecutionArgs;
  readonly #plan: Plan;
  readonly #errors: GraphQLError[] = [];

  constructor(args: ValidatedExecutionArgs, plan: Plan) {
    this.args = args;
    this.#plan = plan;
  }

  run(): ExecutionResult | Promise<ExecutionResult> {
    const { operation, rootValue } = this.args;
    const answer = (data: Data): ExecutionResult => (this.#errors.length === 0 ? { data } : { errors: this.#errors, data });
    const failed = (thrown: unknown): ExecutionResult => {
      this.#errors.push(locatedError(thrown, undefined));
      return { errors: this.#errors, data: null };
    };
    try {
      const data =
        operation.operation === "mutation"
          ? this.#serialFieldsOf(this.#plan.root, rootValue)
          : this.fieldsOf(this.#plan.root, rootValue, undefined);
      return data instanceof Promise ? data.then(answer, failed) : answer(data);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  selectionOf(type: GraphQLObjectType, field: FieldPlan): Selection {
    return this.#plan.selectionOf(type, field);
  }

  infoOf(field: FieldPlan, parent: Path | undefined): FieldInfo {
    return new FieldInfo(this, field, parent);
  }

  /** The fields of an object, side by side, in the order of the selection. */
  fieldsOf(selection: Selection, source: unknown, path: Path | undefined): Data | Promise<Data> {
    const data: Data = {};
    const pending: Promise<void>[] = [];
    try {
      for (const field of selection) {
        const value = this.#field(field, source, path);
        put(data, field.key, value);
        if (value instanceof Promise) pending.push(value.then((settled) => put(data, field.key, settled)));
      }
    } catch (thrown) {
      return thrownWhenSettled(thrown, pending);
    }
    return pending.length === 0 ? data : Promise.all(pending).then(() => data);
  }

  /** One after the other: what mutations do is done in order. */
  async #serialFieldsOf(selection: Selection, source: unknown): Promise<Data> {
    const data: Data = {};
    for (const field of selection) put(data, field.key, await this.#field(field, source, undefined));
    return data;
  }

  #field(field: FieldPlan, source: unknown, parent: Path | undefined): unknown {
    try {
      const value = field.resolve(source, field.args(this.args.variableValues), this.args.contextValue, this.infoOf(field, parent));
      return this.guarded(field, field.nullable, parent, field.key, value, field.complete);
    } catch (thrown) {
      return this.#failedAt(field.key, thrown, field, field.nullable, parent);
    }
  }

  /** Completes a value that may be a promise; an error is null where the place allows it, and is thrown with its place elsewhere. */
  guarded(
    field: FieldPlan,
    nullable: boolean,
    parent: Path | undefined,
    key: string | number,
    value: unknown,
    complete: Complete,
  ): unknown {
    try {
      const completed = isPromiseLike(value)
        ? Promise.resolve(value).then((settled) => complete(this, settled, field, parent, key))
        : complete(this, value, field, parent, key);
      return completed instanceof Promise ? completed.catch((thrown) => this.#failedAt(key, thrown, field, nullable, parent)) : completed;
    } catch (thrown) {
      return this.#failedAt(key, thrown, field, nullable, parent);
    }
  }

  #failedAt(key: string | number, thrown: unknown, field: FieldPlan, nullable: boolean, parent: Path | undefined): null {
    return this.#failed(thrown, field, nullable, {
      prev: parent,
      key,
      typename: typeof key === "number" ? undefined : field.parent.name,
    });
  }

  #failed(thrown: unknown, { nodes }: FieldPlan, nullable: boolean, path: Path): null {
    const error = locatedError(thrown, nodes, responsePathAsArray(path));
    if (!nullable) throw error;
    this.#errors.push(error);
    return null;
  }
}

/** Clients choose the names: `__proto__` must be one like any other. */
function put(data: Data, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(data, key, { value, enumerable: true, configurable: true, writable: true });
  else data[key] = value;
}
