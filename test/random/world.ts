import fc from "fast-check";
import { z } from "zod";
import { defineResource } from "../../src/index.ts";
import {
  dataOf,
  fieldsOf,
  type Kind,
  type Kinds,
  type Lead,
  type Model,
  optional,
  shapeOf,
  someFields,
  targets,
  toMany,
  toOne,
} from "./kinds.ts";

type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;
type Data = Readonly<Record<string, unknown>>;

/** Two random specs and random data of both, the second one referred to by the first. */
export interface World {
  readonly specs: ReturnType<typeof defineSpecs>;
  readonly rows: Readonly<Record<"alpha" | "beta", readonly Row[]>>;
  readonly root: Model;
  /** Arguments of the fields of its schema. */
  readonly argumentsFor: (parent: string, field: string) => Data | undefined;
}

export interface Row {
  readonly id: string;
  readonly data: Data;
}

/** Of these it is known what `where` and `orderBy` mean without looking into the platform. */
const sortable = ({ sorts, schema }: Kind): boolean => sorts === true && !schema.safeParse(undefined).success;

function defineSpecs(fields: Readonly<Record<"alpha" | "beta", Kinds>>) {
  const define = (name: "alpha" | "beta", kinds: Kinds) =>
    defineResource(name, {
      schema: z.object(shapeOf(kinds)),
      key: true,
      // The paths of a shape that is known at run time only.
      index: Object.keys(kinds).filter((field) => kinds[field] && sortable(kinds[field])) as never[],
    });
  return [define("alpha", fields.alpha), define("beta", fields.beta)] as const;
}

export function randomWorld(draw: Draw): World {
  const fields = {
    alpha: { ...someFields(draw, 2, true), owner: optional(toOne("owned")), friends: toMany },
    beta: someFields(draw, 1, false),
  };
  const rowsOf = (name: "alpha" | "beta", count: number): readonly Row[] =>
    Array.from({ length: count }, (_, i) => ({ id: `${name}_k${i}`, data: draw(dataOf(fields[name])) }));
  const rows = { beta: rowsOf("beta", targets.length), alpha: rowsOf("alpha", draw(fc.nat(4))) };

  const models = new Map<string, Model>();
  const revisions = new Map<string, Model>();
  const resourceOf = (id: string): Model => models.get(id) ?? null;
  const revisionOf = (id: string): Model => revisions.get(id) ?? null;
  for (const name of ["alpha", "beta"] as const)
    for (const { id, data } of rows[name]) {
      const type = name === "alpha" ? "Alpha" : "Beta";
      const back = (args: Data) =>
        connection(
          rows.alpha.filter((row) => row.data.owner === id),
          args,
        );
      models.set(id, {
        __typename: type,
        id,
        meta: meta(),
        revision: () => revisionOf(id),
        ...(name === "beta" ? { owned: back } : {}),
        ...fieldsOf(fields[name], data, resourceOf, type),
      });
      revisions.set(id, {
        __typename: `${type}Revision`,
        id: `${id}:1`,
        number: 1,
        status: "STABLE",
        parent: null,
        createdBy: "anonymous",
        updatedBy: "anonymous",
        schemaVersion: 1,
        isCurrent: true,
        resource: () => resourceOf(id),
        data: fieldsOf(fields[name], data, revisionOf, type),
      });
    }

  const found = (list: readonly Row[], where: unknown) => list.filter(({ data }) => matches(data, Object(where)));
  function connection(list: readonly Row[], { where, orderBy, first = 20 }: Data): Model {
    const all = ordered(found(list, where), Object((orderBy as unknown[] | undefined)?.[0]));
    const page = all.slice(0, Number(first));
    return {
      nodes: page.map(({ id }) => resourceOf(id)),
      edges: page.map(({ id }) => ({ node: resourceOf(id) })),
      totalCount: all.length,
      pageInfo: { hasNextPage: all.length > page.length, hasPreviousPage: false },
    };
  }

  const one = ({ id }: Data) => resourceOf(String(id));
  const ids = [...rows.alpha, ...rows.beta].map(({ id }) => id);
  const byName = (name: "alpha" | "beta") => ({
    [name]: ({ id }: Data) => ofType(name, id, resourceOf),
    [`${name}s`]: (args: Data) => connection(rows[name], args),
    [`${name}Count`]: ({ where }: Data) => found(rows[name], where).length,
    [`${name}Revision`]: ({ id }: Data) => ofType(name, id, revisionOf),
  });

  const searchArgs = (name: "alpha" | "beta", pages: boolean): Data => {
    const keys = Object.keys(fields[name]).filter((key) => sortable(Object(Object(fields[name])[key])));
    const key = keys.length > 0 && draw(fc.boolean()) ? draw(fc.constantFrom(...keys)) : undefined;
    const operand = key === undefined ? undefined : (rows[name][0]?.data[key] ?? undefined);
    return {
      ...(key === undefined || operand === undefined ? {} : { where: { [key]: { [draw(fc.constantFrom("eq", "ne"))]: operand } } }),
      ...(pages && key !== undefined && draw(fc.boolean()) ? { orderBy: [{ [key]: draw(fc.constantFrom("ASC", "DESC")) }] } : {}),
      ...(pages && draw(fc.boolean()) ? { first: draw(fc.integer({ min: 0, max: 3 })) } : {}),
    };
  };
  const idOf = () => draw(fc.constantFrom(...ids, "alpha_none", "nonsense"));
  const known: Readonly<Record<string, () => Data>> = {
    "Query.alpha": () => ({ id: idOf() }),
    "Query.beta": () => ({ id: draw(fc.constantFrom(...rows.beta.map(({ id }) => id))) }),
    "Query.node": () => ({ id: idOf() }),
    "Query.nodes": () => ({ ids: draw(fc.array(fc.constantFrom(...ids, "beta_none"), { maxLength: 3 })) }),
    "Query.alphas": () => searchArgs("alpha", true),
    "Query.betas": () => searchArgs("beta", true),
    "Query.alphaCount": () => searchArgs("alpha", false),
    "Query.betaCount": () => searchArgs("beta", false),
    "Query.alphaRevision": () => ({ id: idOf(), number: 1 }),
    "Query.betaRevision": () => ({ id: draw(fc.constantFrom(...targets)), number: 1 }),
    "Beta.owned": () => searchArgs("alpha", true),
  };
  return {
    specs: defineSpecs(fields),
    rows,
    root: {
      __typename: "Query",
      ...byName("alpha"),
      ...byName("beta"),
      node: one,
      nodes: (args: Data) => (args.ids as string[]).map(resourceOf),
    },
    argumentsFor: (parent, field) => known[`${parent}.${field}`]?.(),
  };
}

const meta = (): Model => ({
  version: 1,
  createdBy: "anonymous",
  updatedBy: "anonymous",
  deletedAt: null,
  revisionCount: 1,
  schemaVersion: 1,
  status: "STABLE",
});

const ofType = (name: string, id: unknown, lead: Lead): Model => (String(id).startsWith(`${name}_`) ? lead(String(id)) : null);

const matches = (data: Data, where: Readonly<Record<string, Data>>): boolean =>
  Object.entries(where).every(([key, test]) => ("eq" in test ? data[key] === test.eq : data[key] !== test.ne));

/** By one field and then by the id; strings by code point. */
function ordered(rows: readonly Row[], order: Readonly<Record<string, string>>): readonly Row[] {
  const [key, direction] = Object.entries(order)[0] ?? ["", "ASC"];
  const keyed = rows.map((row) => ({ row, keys: [row.data[key] ?? 0, row.id] }));
  keyed.sort((a, b) => compare(a.keys[0], b.keys[0]) || compare(a.keys[1], b.keys[1]));
  return (direction === "DESC" ? keyed.toReversed() : keyed).map(({ row }) => row);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}
