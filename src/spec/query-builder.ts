import type { Operators, OrderKey, RefKeys, TargetOf, Where } from "./paths.ts";
import { operatorsOf, queryColumns } from "./query.ts";
import type { DataOf, ResourceSpec } from "./resource.ts";

/** A search as plain data; what the typed builder makes, and what REST and GraphQL parse into. */
export interface SearchArgs<T = unknown, P extends string = string, R = unknown, AsOf extends string | undefined = string | undefined> {
  readonly where?: Where<T, P, R> | undefined;
  readonly orderBy?: OrderKey<P> | readonly OrderKey<P>[] | undefined;
  /** At most 200; 20 unless told. With `after`: the page behind a cursor. */
  readonly first?: number | undefined;
  readonly after?: string | undefined;
  readonly last?: number | undefined;
  readonly before?: string | undefined;
  readonly includeDeleted?: boolean | undefined;
  /** Count all matches too, in the same call. */
  readonly total?: boolean | undefined;
  /** For specs with `history: true`, an RFC 3339 instant: filtered, sorted and answered as it was then. */
  readonly asOf?: AsOf;
}

export type IndexedOf<Spec> = Spec extends ResourceSpec<string, infer _S, infer P> ? P : never;

type OperatorCalls<Ops, W> = { readonly [K in keyof Ops]-?: (operand: NonNullable<Ops[K]>) => W };

/** `f` of `where((f) => …)`: per indexed field its operators as functions; nested fields by path. */
type Fields<F, W> = {
  readonly [K in keyof F]-?: NonNullable<F[K]> extends Operators<infer _V>
    ? OperatorCalls<NonNullable<F[K]>, W>
    : Fields<NonNullable<F[K]>, W>;
};

type OwnFields<Spec extends ResourceSpec, W> = Fields<Omit<Where<DataOf<Spec>, IndexedOf<Spec>>, "and" | "or" | "not">, W>;
type TargetFields<Target, W> = Target extends ResourceSpec ? OwnFields<Target, W> : unknown;

/** Refs lead to the fields of their target; lists of them to `some`, `none` and `every`, which take a filter. */
type RelatedFields<Spec extends ResourceSpec> = {
  readonly [K in RefKeys<Spec["schema"]>]-?: NonNullable<DataOf<Spec>[K]> extends readonly unknown[]
    ? OperatorCalls<Quantified<TargetWhere<TargetOf<Spec["schema"]["shape"][K]>>>, WhereOf<Spec>>
    : TargetFields<TargetOf<Spec["schema"]["shape"][K]>, WhereOf<Spec>>;
};

export type FieldsOf<Spec extends ResourceSpec> = OwnFields<Spec, WhereOf<Spec>> &
  RelatedFields<Spec> & {
    readonly and: (...of: WhereOf<Spec>[]) => WhereOf<Spec>;
    readonly or: (...of: WhereOf<Spec>[]) => WhereOf<Spec>;
    readonly not: (of: WhereOf<Spec>) => WhereOf<Spec>;
  };

export type WhereOf<Spec extends ResourceSpec> = Where<DataOf<Spec>, IndexedOf<Spec>, RelatedOf<Spec>>;
/** `asOf` is there for specs with `history: true` alone. */
export type AsOf<Spec extends ResourceSpec> = true extends Spec["history"] ? string | undefined : undefined;
export type SearchArgsOf<Spec extends ResourceSpec> = SearchArgs<DataOf<Spec>, IndexedOf<Spec>, RelatedOf<Spec>, AsOf<Spec>>;

/** Through each top-level ref the filter of its target; through a list of them `some`, `none` and `every`. */
export type RelatedOf<Spec extends ResourceSpec> = {
  readonly [K in RefKeys<Spec["schema"]>]?: NonNullable<DataOf<Spec>[K]> extends readonly unknown[]
    ? Quantified<TargetWhere<TargetOf<Spec["schema"]["shape"][K]>>>
    : TargetWhere<TargetOf<Spec["schema"]["shape"][K]>>;
};

type TargetWhere<Target> = Target extends ResourceSpec ? WhereOf<Target> : Readonly<Record<string, unknown>>;

interface Quantified<W> {
  readonly some?: W;
  readonly none?: W;
  readonly every?: W;
}

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

  /** As it was at an instant; for specs with `history: true`. */
  asOf(instant: AsOf<Spec>): Query<Spec> {
    return this.#with({ asOf: instant });
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
  const put = (keys: readonly string[], value: unknown): void => {
    let level = root;
    for (const key of keys.slice(0, -1)) {
      level[key] ??= {};
      level = level[key] as Record<string, unknown>;
    }
    level[keys.at(-1) as string] = value;
  };
  for (const column of queryColumns(spec).values()) {
    const keys = column.key.split(".");
    const operators = [...operatorsOf(column), "isNull", ...(column.array ? ["length"] : [])];
    put(keys, Object.fromEntries(operators.map((operator) => [operator, (operand: unknown) => nested([...keys, operator], operand)])));
    if (column.ref) put(column.path, anyBelow(column.path));
  }
  return root as FieldsOf<Spec>;
}

/** What a ref leads to is not at hand here: whatever is named below it is taken, and looked at where the filter is parsed. */
const anyBelow = (keys: readonly string[]): unknown =>
  new Proxy(() => {}, {
    get: (_, key) => anyBelow([...keys, String(key)]),
    apply: (_, _this, [operand]) => nested(keys, operand),
  });

const nested = (keys: readonly string[], value: unknown): unknown => keys.reduceRight((inner, key) => ({ [key]: inner }), value);
