import type { Operators, OrderKey, Where } from "./paths.ts";
import { operatorsOf, queryColumns } from "./query.ts";
import type { DataOf, ResourceSpec } from "./resource.ts";

/** A search as plain data; what the typed builder makes, and what REST and GraphQL parse into. */
export interface SearchArgs<T = unknown, P extends string = string> {
  readonly where?: Where<T, P> | undefined;
  readonly orderBy?: OrderKey<P> | readonly OrderKey<P>[] | undefined;
  /** At most 200; 20 unless told. With `after`: the page behind a cursor. */
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
  readonly includeDeleted?: boolean | undefined;
  /** Count all matches too, in the same call. */
  readonly total?: boolean | undefined;
}

type IndexedOf<Spec> = Spec extends ResourceSpec<string, infer _S, infer P> ? P : never;

type OperatorCalls<Ops, W> = { readonly [K in keyof Ops]-?: (operand: NonNullable<Ops[K]>) => W };

/** `f` of `where((f) => …)`: per indexed field its operators as functions; nested fields by path. */
type Fields<F, W> = {
  readonly [K in keyof F]-?: NonNullable<F[K]> extends Operators<infer _V>
    ? OperatorCalls<NonNullable<F[K]>, W>
    : Fields<NonNullable<F[K]>, W>;
};

export type FieldsOf<Spec extends ResourceSpec> = Fields<
  Omit<Where<DataOf<Spec>, IndexedOf<Spec>>, "and" | "or" | "not">,
  WhereOf<Spec>
> & {
  readonly and: (...of: WhereOf<Spec>[]) => WhereOf<Spec>;
  readonly or: (...of: WhereOf<Spec>[]) => WhereOf<Spec>;
  readonly not: (of: WhereOf<Spec>) => WhereOf<Spec>;
};

export type WhereOf<Spec extends ResourceSpec> = Where<DataOf<Spec>, IndexedOf<Spec>>;
export type SearchArgsOf<Spec extends ResourceSpec> = SearchArgs<DataOf<Spec>, IndexedOf<Spec>>;

/** A search built step by step. Every step returns a new query; `args` is the plain data that it stands for. */
export class Query<Spec extends ResourceSpec> {
  readonly args: SearchArgsOf<Spec>;
  readonly #spec: Spec;

  constructor(spec: Spec, args: SearchArgsOf<Spec>) {
    this.#spec = spec;
    this.args = args;
  }

  /** Several calls must all be true. */
  where(build: (fields: FieldsOf<Spec>) => WhereOf<Spec>): Query<Spec> {
    const added = build(fieldsOf(this.#spec));
    return this.#with({ where: this.args.where ? allOf(this.args.where, added) : added });
  }

  orderBy(...keys: OrderKey<IndexedOf<Spec>>[]): Query<Spec> {
    return this.#with({ orderBy: keys });
  }

  first(first: number, after?: string): Query<Spec> {
    return this.#with({ first, ...(after === undefined ? {} : { after }) });
  }

  last(last: number, before?: string): Query<Spec> {
    return this.#with({ last, ...(before === undefined ? {} : { before }) });
  }

  includeDeleted(): Query<Spec> {
    return this.#with({ includeDeleted: true });
  }

  withTotal(): Query<Spec> {
    return this.#with({ total: true });
  }

  #with(args: SearchArgsOf<Spec>): Query<Spec> {
    return new Query(this.#spec, { ...this.args, ...args });
  }
}

/** Begins a typed query: `query(Article).where((f) => f.views.gte(10)).orderBy("-views").first(20)`. */
export const query = <Spec extends ResourceSpec>(spec: Spec): Query<Spec> => new Query(spec, {});

// From here on names come from the spec at run time; `FieldsOf` gives them their static types back.
const allOf = <W>(...of: unknown[]): W => ({ and: of }) as W;

function fieldsOf<Spec extends ResourceSpec>(spec: Spec): FieldsOf<Spec> {
  const root: Record<string, unknown> = {
    and: (...of: unknown[]) => ({ and: of }),
    or: (...of: unknown[]) => ({ or: of }),
    not: (of: unknown) => ({ not: of }),
  };
  for (const column of queryColumns(spec).values()) {
    const keys = column.key.split(".");
    const operators = [...operatorsOf(column), "isNull", ...(column.array ? ["length"] : [])];
    const calls = Object.fromEntries(operators.map((operator) => [operator, (operand: unknown) => nested([...keys, operator], operand)]));
    let level = root;
    for (const key of keys.slice(0, -1)) {
      level[key] ??= {};
      level = level[key] as Record<string, unknown>;
    }
    level[keys.at(-1) as string] = calls;
  }
  return root as FieldsOf<Spec>;
}

const nested = (keys: readonly string[], value: unknown): unknown => keys.reduceRight((inner, key) => ({ [key]: inner }), value);
