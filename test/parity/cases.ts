import type { Outcome, Step } from "./door.ts";

export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The code of the last step's failure; absent where it succeeds. */
  readonly code?: string;
  /** Where GraphQL may differ: what its type system refuses is BAD_REQUEST, a read of what is missing or deleted is null. */
  readonly graphql?: "BAD_REQUEST" | "null";
  /** What the last step must answer behind every door, in part. */
  readonly answer?:
    | Partial<Extract<Outcome, { readonly resource: unknown }>["resource"]>
    | Extract<Outcome, { readonly rows: unknown } | { readonly groups: unknown }>;
}

export const a = "note_a";
export const create = (key: string, data: Record<string, unknown> = {}): Step => ({ op: "create", key, data: { title: key, ...data } });
export const made = create("a");
export const twice: Step[] = [made, { op: "update", id: a, data: { title: "a2", tags: ["x"] } }];
const draft: Step = { op: "create", key: "a", data: { title: "a" }, status: "draft" };
export const several = ["a", "b", "c", "d", "e"].map((key, i) =>
  create(key, { n: i % 3, tags: i % 2 ? ["odd"] : [], ...(i > 2 ? { extra: `x${i}`, place: { city: `C${i}` } } : {}) }),
);

/** d and e stand below a, b below the deleted c; e names a and c. */
const related: Step[] = [
  ...several.slice(0, 3),
  create("d", { n: 3, above: a }),
  create("e", { n: 4, above: a, others: [a, "note_c"] }),
  { op: "patch", id: "note_b", merge: { above: "note_c" } },
  { op: "delete", id: "note_c" },
];

export const cases: readonly Case[] = [
  { name: "create applies defaults", steps: [made], answer: { id: a, version: 1, number: 1, status: "stable", count: 1 } },
  { name: "create a draft", steps: [draft], answer: { status: "draft" } },
  { name: "create a taken id", steps: [made, create("a", { title: "other" })], code: "CONFLICT" },
  { name: "create a taken unique value", steps: [made, create("b", { title: "a" })], code: "UNIQUE_VIOLATION" },
  { name: "create what zod refuses", steps: [create("a", { title: "x".repeat(21) })], code: "VALIDATION_FAILED" },
  { name: "create what JSON cannot keep", steps: [create("a", { title: "a\0" })], code: "VALIDATION_FAILED" },
  { name: "create with a wrong type", steps: [create("a", { n: "many" })], code: "VALIDATION_FAILED", graphql: "BAD_REQUEST" },
  { name: "create with an unknown field", steps: [create("a", { colour: "red" })], code: "VALIDATION_FAILED", graphql: "BAD_REQUEST" },
  { name: "create with null where it is no value", steps: [create("a", { n: null })], code: "VALIDATION_FAILED" },
  { name: "create with a bad key", steps: [create("a b")], code: "VALIDATION_FAILED" },
  {
    name: "create again under one idempotency key",
    steps: [{ ...made, idempotencyKey: "k" } as Step, { ...made, idempotencyKey: "k" } as Step],
    answer: { version: 1 },
  },
  {
    name: "another payload under one idempotency key",
    steps: [{ ...made, idempotencyKey: "k" } as Step, { ...create("a", { n: 5 }), idempotencyKey: "k" } as Step],
    code: "IDEMPOTENCY_KEY_REUSED",
  },

  { name: "update", steps: twice, answer: { version: 2, number: 2, count: 2 } },
  {
    name: "update with the version seen",
    steps: [made, { op: "update", id: a, data: { title: "b" }, ifVersion: 1 }],
    answer: { version: 2 },
  },
  {
    name: "update with an old version",
    steps: [...twice, { op: "update", id: a, data: { title: "b" }, ifVersion: 1 }],
    code: "VERSION_MISMATCH",
  },
  {
    name: "update with the same data is a no-op",
    steps: [made, { op: "update", id: a, data: { title: "a", n: 0 } }],
    answer: { version: 1, count: 1 },
  },
  {
    name: "update as a draft",
    steps: [made, { op: "update", id: a, data: { title: "b" }, status: "draft" }],
    answer: { status: "draft", number: 2 },
  },
  { name: "update the unknown", steps: [{ op: "update", id: "note_zz", data: { title: "b" } }], code: "NOT_FOUND" },
  { name: "update the deleted", steps: [made, { op: "delete", id: a }, { op: "update", id: a, data: { title: "b" } }], code: "GONE" },
  {
    name: "the precondition comes before the data",
    steps: [...twice, { op: "update", id: a, data: { title: "x".repeat(30) }, ifVersion: 1 }],
    code: "VERSION_MISMATCH",
  },

  {
    name: "merge patch",
    steps: [create("a", { extra: "e" }), { op: "patch", id: a, merge: { n: 4, extra: null, place: { city: "Rome" } } }],
    answer: { version: 2, data: { title: "a", n: 4, tags: [], kind: "plain", place: { city: "Rome" } } },
  },
  { name: "merge patch that changes nothing", steps: [made, { op: "patch", id: a, merge: {} }], answer: { version: 1 } },
  {
    name: "merge patch that removes a required field",
    steps: [made, { op: "patch", id: a, merge: { title: null } }],
    code: "VALIDATION_FAILED",
  },
  {
    name: "JSON patch",
    steps: [
      ...twice,
      {
        op: "patch",
        id: a,
        operations: [
          { op: "test", path: "/title", value: "a2" },
          { op: "add", path: "/tags/-", value: "y" },
        ],
      },
    ],
    answer: { data: { title: "a2", n: 0, tags: ["x", "y"], kind: "plain" } },
  },
  {
    name: "JSON patch whose test fails",
    steps: [made, { op: "patch", id: a, operations: [{ op: "test", path: "/title", value: "b" }] }],
    code: "CONFLICT",
  },
  {
    name: "JSON patch of a missing path",
    steps: [made, { op: "patch", id: a, operations: [{ op: "remove", path: "/nothing" }] }],
    code: "CONFLICT",
  },
  {
    name: "JSON patch that is malformed",
    steps: [made, { op: "patch", id: a, operations: [{ op: "add", path: "title", value: 1 }] }],
    code: "BAD_REQUEST",
  },
  {
    name: "JSON patch through a prototype",
    steps: [made, { op: "patch", id: a, operations: [{ op: "add", path: "/__proto__/x", value: 1 }] }],
    code: "BAD_REQUEST",
  },

  {
    name: "modify a draft",
    steps: [draft, { op: "modify", id: a, merge: { n: 2 }, ifVersion: 1 }],
    answer: { version: 2, number: 1, count: 1, status: "draft" },
  },
  {
    name: "modify a draft and make it stable",
    steps: [draft, { op: "modify", id: a, merge: {}, ifVersion: 1, status: "stable" }],
    answer: { status: "stable" },
  },
  { name: "modify a stable revision", steps: [made, { op: "modify", id: a, merge: { n: 2 }, ifVersion: 1 }], code: "CONFLICT" },
  {
    name: "modify with an old version",
    steps: [draft, { op: "modify", id: a, merge: { n: 2 }, ifVersion: 1 }, { op: "modify", id: a, merge: { n: 3 }, ifVersion: 1 }],
    code: "VERSION_MISMATCH",
  },

  {
    name: "switch",
    steps: [...twice, { op: "switch", id: a, revision: 1 }],
    answer: { version: 3, number: 1, count: 2, data: { title: "a", n: 0, tags: [], kind: "plain" } },
  },
  { name: "switch to the current revision", steps: [...twice, { op: "switch", id: a, revision: 2 }], answer: { version: 2 } },
  { name: "switch to an unknown revision", steps: [made, { op: "switch", id: a, revision: 7 }], code: "NOT_FOUND" },
  { name: "switch with an old version", steps: [...twice, { op: "switch", id: a, revision: 1, ifVersion: 1 }], code: "VERSION_MISMATCH" },
  {
    name: "switch back to a value that is taken",
    steps: [...twice, create("b", { title: "a" }), { op: "switch", id: a, revision: 1 }],
    code: "UNIQUE_VIOLATION",
  },

  { name: "delete", steps: [made, { op: "delete", id: a }] },
  { name: "delete again", steps: [made, { op: "delete", id: a }, { op: "delete", id: a }] },
  { name: "delete the unknown", steps: [{ op: "delete", id: "note_zz" }], code: "NOT_FOUND" },
  { name: "delete with an old version", steps: [...twice, { op: "delete", id: a, ifVersion: 1 }], code: "VERSION_MISMATCH" },
  { name: "restore", steps: [made, { op: "delete", id: a }, { op: "restore", id: a }], answer: { version: 3, deleted: false } },
  { name: "restore the living", steps: [made, { op: "restore", id: a }], answer: { version: 1 } },
  {
    name: "restore a value that is taken",
    steps: [made, { op: "delete", id: a }, create("b", { title: "a" }), { op: "restore", id: a }],
    code: "UNIQUE_VIOLATION",
  },
  { name: "purge", steps: [...twice, { op: "purge", id: a }] },
  {
    name: "purge and read",
    steps: [made, { op: "purge", id: a }, { op: "get", id: a, includeDeleted: true }],
    code: "NOT_FOUND",
    graphql: "null",
  },
  { name: "purge and create again", steps: [made, { op: "purge", id: a }, made], code: "CONFLICT" },
  { name: "purge with an old version", steps: [...twice, { op: "purge", id: a, ifVersion: 1 }], code: "VERSION_MISMATCH" },

  { name: "get", steps: [...twice, { op: "get", id: a }], answer: { version: 2 } },
  { name: "get the unknown", steps: [{ op: "get", id: "note_zz" }], code: "NOT_FOUND", graphql: "null" },
  { name: "get what can be no id", steps: [{ op: "get", id: "note_é x" }], code: "NOT_FOUND", graphql: "null" },
  { name: "get what no database takes", steps: [{ op: "get", id: "note_a\0" }], code: "NOT_FOUND", graphql: "null" },
  { name: "delete what can be no id", steps: [{ op: "delete", id: "note_a b" }], code: "NOT_FOUND" },
  { name: "get the deleted", steps: [made, { op: "delete", id: a }, { op: "get", id: a }], code: "GONE", graphql: "null" },
  {
    name: "get the deleted, asked for",
    steps: [made, { op: "delete", id: a }, { op: "get", id: a, includeDeleted: true }],
    answer: { deleted: true },
  },
  { name: "a revision", steps: [...twice, { op: "revision", id: a, number: 1 }] },
  { name: "an unknown revision", steps: [made, { op: "revision", id: a, number: 2 }], code: "NOT_FOUND", graphql: "null" },
  { name: "the history", steps: [...twice, { op: "revisions", id: a, last: 1 }] },
  { name: "a diff", steps: [...twice, { op: "diff", id: a, from: 1 }] },
  { name: "a diff from the unknown", steps: [made, { op: "diff", id: a, from: 3 }], code: "NOT_FOUND" },

  { name: "search everything", steps: [...several, { op: "search" }] },
  {
    name: "search with filters and an order",
    steps: [
      ...several,
      {
        op: "search",
        where: { or: [{ n: { gte: 1 } }, { tags: { isEmpty: true } }], not: { extra: { iContains: "X4" } } },
        orderBy: ["-n", "title"],
        first: 2,
      },
    ],
  },
  {
    name: "search nested fields, enums and meta",
    steps: [
      ...several,
      {
        op: "search",
        where: { place: { city: { startsWith: "C" } }, kind: { in: ["plain"] }, meta: { version: { eq: 1 } } },
        orderBy: ["-place.city", "meta.createdBy"],
        last: 1,
      },
    ],
  },
  { name: "search the deleted too", steps: [...several, { op: "delete", id: "note_b" }, { op: "search", includeDeleted: true }] },
  { name: "search hides the deleted", steps: [...several, { op: "delete", id: "note_b" }, { op: "search" }] },
  { name: "search through a ref", steps: [...related, { op: "search", where: { above: { title: { eq: "a" } } } }] },
  {
    name: "search through a ref to what is deleted",
    steps: [...related, { op: "search", where: { not: { above: { title: { eq: "x" } } } }, orderBy: ["-n"] }],
  },
  { name: "search through a list of refs", steps: [...related, { op: "search", where: { others: { some: { n: { eq: 0 } } } } }] },
  {
    name: "search over referrers",
    steps: [...related, { op: "search", where: { below: { some: { n: { gt: 3 } }, none: { tags: { has: "even" } } } } }],
  },
  {
    name: "search from relation to relation",
    steps: [...related, { op: "search", where: { above: { otherOf: { some: { above: { below: { every: { n: { gte: 3 } } } } } } } } }],
  },
  { name: "count over referrers", steps: [...related, { op: "count", where: { below: { none: {} } } }] },
  {
    name: "search others by what is not indexed",
    steps: [{ op: "search", where: { below: { some: { unindexed: { eq: "x" } } } } }],
    code: "NOT_INDEXED",
    graphql: "BAD_REQUEST",
  },
  { name: "search others without saying which", steps: [{ op: "search", where: { below: { n: { eq: 1 } } } }], code: "BAD_REQUEST" },
  { name: "search others by null", steps: [{ op: "search", where: { above: null } }], code: "BAD_REQUEST" },
  {
    name: "search along too many relations",
    steps: [
      {
        op: "search",
        where: Array.from({ length: 4 }).reduce<Record<string, unknown>>((inner) => ({ below: { some: inner } }), { n: { eq: 1 } }),
      },
    ],
    code: "BAD_REQUEST",
  },
  {
    name: "search by what is not indexed",
    steps: [{ op: "search", where: { unindexed: { eq: "x" } } }],
    code: "NOT_INDEXED",
    graphql: "BAD_REQUEST",
  },
  { name: "order by what does not exist", steps: [{ op: "search", orderBy: ["colour"] }], code: "BAD_REQUEST" },
  { name: "search with null", steps: [{ op: "search", where: { n: { eq: null } } }], code: "BAD_REQUEST" },
  { name: "search with a wrong operand", steps: [{ op: "search", where: { n: { eq: "x" } } }], code: "BAD_REQUEST" },
  { name: "search with an unknown operator", steps: [{ op: "search", where: { n: { like: 1 } } }], code: "BAD_REQUEST" },
  {
    name: "search with too many values",
    steps: [{ op: "search", where: { n: { in: Array.from({ length: 501 }, (_, i) => i) } } }],
    code: "BAD_REQUEST",
  },
  {
    name: "search too deep",
    steps: [
      { op: "search", where: Array.from({ length: 9 }).reduce<Record<string, unknown>>((inner) => ({ not: inner }), { n: { eq: 1 } }) },
    ],
    code: "BAD_REQUEST",
  },
  { name: "a page too large", steps: [{ op: "search", first: 201 }], code: "BAD_REQUEST" },
  { name: "a negative page", steps: [{ op: "search", first: -1 }], code: "BAD_REQUEST" },
  { name: "first and last at once", steps: [{ op: "search", first: 1, last: 1 }], code: "BAD_REQUEST" },
  { name: "a cursor of somebody else's making", steps: [{ op: "search", after: "AAAA" }], code: "BAD_REQUEST" },
  { name: "count", steps: [...several, { op: "count", where: { n: { eq: 1 } } }] },
  { name: "count everything", steps: [...several, { op: "count" }] },
];
