import type { ImplementableObjectRef, ObjectRef } from "@pothos/core";
import type { Page } from "../src/manager/page.ts";
import { type Arguments, type Builder, type InputField, listOf, outputFields, type Types } from "./builder.ts";
import type { Derivation } from "./derivation.ts";

/** A page as a connection shows it. */
export interface Connection<T> {
  readonly page: Page<unknown>;
  /** The page's items, as the resolvers of their type take them. */
  readonly items: readonly T[];
  readonly total: () => number | Promise<number>;
}

interface Edge<T> {
  readonly of: Connection<T>;
  readonly index: number;
}

export const pageArgs: Readonly<Record<"first" | "after" | "last" | "before", InputField>> = {
  first: { type: "Int", description: "So many from the start: 20 unless told, at most 200" },
  after: { type: "String", description: "A cursor: only what stands behind it" },
  last: { type: "Int", description: "So many from the end, at most 200" },
  before: { type: "String", description: "A cursor: only what stands before it" },
};

/** What Relay's arguments say to a manager: null is the same as absent. */
export function pageOf({ first, after, last, before }: Arguments) {
  return { first: numberOf(first), after: textOf(after), last: numberOf(last), before: textOf(before) };
}

export const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The fields of a Relay connection, and its edges. */
export function implementConnection<T>(
  { builder, names, shared }: Derivation,
  connection: ImplementableObjectRef<Types, Connection<T>>,
  type: string,
  node: ObjectRef<Types, T>,
  madeBy: string,
): void {
  const edge = edgeType<T>(builder, names.claim(`${type}Edge`, madeBy), node);
  names.claim(`${type}Connection`, madeBy);
  connection.implement({
    description: `A page of ${type}`,
    fields: (t) =>
      outputFields(t, {
        edges: { type: listOf(edge), resolve: (of: Connection<T>): Edge<T>[] => of.items.map((_, index) => ({ of, index })) },
        nodes: { type: listOf(node), description: "The page without its cursors", resolve: ({ items }: Connection<T>) => items },
        pageInfo: { type: shared.pageInfo, resolve: ({ page }: Connection<T>) => page },
        totalCount: {
          type: "Int",
          description: "Of all pages; counted only when asked for",
          resolve: ({ total }: Connection<T>) => total(),
        },
      }),
  });
}

function edgeType<T>(builder: Builder, name: string, node: ObjectRef<Types, T>): ObjectRef<Types, Edge<T>> {
  return builder.objectRef<Edge<T>>(name).implement({
    fields: (t) =>
      outputFields(t, {
        node: { type: node, resolve: ({ of, index }: Edge<T>) => of.items[index] },
        cursor: { type: "String", description: "For `after` and `before`", resolve: ({ of, index }: Edge<T>) => of.page.cursor(index) },
      }),
  });
}
