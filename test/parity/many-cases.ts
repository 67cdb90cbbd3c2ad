import { a, type Case, create, made, twice } from "./cases.ts";

/** Upserts, operations in bulk, and operations as one unit of work. */
export const manyCases: readonly Case[] = [
  { name: "upsert what is new", steps: [{ op: "upsert", by: { id: a }, data: { title: "a" } }], answer: { id: a, version: 1 } },
  {
    name: "upsert what is there",
    steps: [made, { op: "upsert", by: { title: "a" }, data: { title: "a", n: 3 } }, { op: "upsert", by: { id: a }, data: { title: "a3" } }],
    answer: { id: a, version: 3, data: { title: "a3", n: 0, tags: [], kind: "plain" } },
  },
  { name: "upsert the same data", steps: [made, { op: "upsert", by: { title: "a" }, data: { title: "a" } }], answer: { version: 1 } },
  {
    name: "upsert by another value than the data has",
    steps: [made, { op: "upsert", by: { title: "b" }, data: { title: "a" } }],
    code: "VALIDATION_FAILED",
  },
  {
    name: "upsert the deleted by its id",
    steps: [made, { op: "delete", id: a }, { op: "upsert", by: { id: a }, data: { title: "a" } }],
    code: "GONE",
  },
  {
    name: "upsert by two fields that are unique together",
    steps: [create("a", { n: 1, code: "x" }), { op: "upsert", by: { n: 1, code: "x" }, data: { title: "b", n: 1, code: "x" } }],
    answer: { id: a, version: 2 },
  },
  {
    name: "upsert by one of two fields that are unique together",
    steps: [{ op: "upsert", by: { code: "x" }, data: { title: "b", n: 1, code: "x" } }],
    code: "BAD_REQUEST",
  },
  {
    name: "create with two values that are taken together",
    steps: [create("a", { n: 1, code: "x" }), create("b", { n: 2, code: "x" }), create("c", { n: 2, code: "x" })],
    code: "UNIQUE_VIOLATION",
  },
  { name: "upsert by what is not unique", steps: [{ op: "upsert", by: { n: 1 }, data: { title: "a", n: 1 } }], code: "BAD_REQUEST" },
  { name: "upsert by two at once", steps: [{ op: "upsert", by: { id: a, title: "a" }, data: { title: "a" } }], code: "BAD_REQUEST" },
  { name: "upsert by an id of another spec", steps: [{ op: "upsert", by: { id: "other_a" }, data: { title: "a" } }], code: "BAD_REQUEST" },
  {
    name: "upsert a taken unique value",
    steps: [made, create("b"), { op: "upsert", by: { id: a }, data: { title: "b" } }],
    code: "UNIQUE_VIOLATION",
  },
  {
    name: "upsert again under one idempotency key",
    steps: [
      { op: "upsert", by: { id: a }, data: { title: "a" }, idempotencyKey: "k" },
      { op: "patch", id: a, merge: { n: 1 } },
      { op: "upsert", by: { id: a }, data: { title: "a" }, idempotencyKey: "k" },
    ],
    answer: { version: 1, data: { title: "a", n: 0, tags: [], kind: "plain" } },
  },
  {
    name: "another upsert under one idempotency key",
    steps: [
      { op: "upsert", by: { id: a }, data: { title: "a" }, idempotencyKey: "k" },
      { op: "upsert", by: { id: a }, data: { title: "b" }, idempotencyKey: "k" },
    ],
    code: "IDEMPOTENCY_KEY_REUSED",
  },

  {
    name: "create several, each by itself",
    steps: [
      {
        op: "batch",
        verb: "create",
        rows: [
          { key: "a", data: { title: "a" } },
          { key: "b", data: { title: "a" } },
          { key: "c", data: { title: "c", n: 1 } },
        ],
      },
    ],
    answer: {
      rows: [
        { id: a, changed: true },
        { code: "UNIQUE_VIOLATION", field: "title" },
        { id: "note_c", changed: true },
      ],
    },
  },
  {
    name: "update several, each by itself",
    steps: [
      ...twice,
      create("b"),
      {
        op: "batch",
        verb: "update",
        rows: [
          { id: a, data: { title: "a3" }, ifVersion: 1 },
          { id: "note_b", data: { title: "b2" }, status: "draft" },
          { id: "note_zz", data: { title: "z" } },
          { id: a, data: { title: "x".repeat(21) } },
        ],
      },
    ],
    answer: {
      rows: [
        { code: "VERSION_MISMATCH", expected: 1, actual: 2 },
        { id: "note_b", changed: true },
        { code: "NOT_FOUND" },
        { code: "VALIDATION_FAILED", issues: ["title"] },
      ],
    },
  },
  {
    name: "patch several",
    steps: [
      made,
      {
        op: "batch",
        verb: "patch",
        rows: [
          { id: a, merge: { n: 1 } },
          { id: a, operations: [{ op: "test", path: "/n", value: 7 }] },
          { id: a, merge: { n: 1 } },
        ],
      },
    ],
    answer: { rows: [{ id: a, changed: true }, { code: "CONFLICT" }, { id: a, changed: false }] },
  },
  {
    name: "delete several, and again",
    steps: [made, { op: "batch", verb: "delete", rows: [{ id: a }, { id: a }] }],
    answer: {
      rows: [
        { id: a, changed: true },
        { id: a, changed: false },
      ],
    },
  },
  {
    name: "restore several",
    steps: [made, { op: "delete", id: a }, { op: "batch", verb: "restore", rows: [{ id: a }] }],
    answer: { rows: [{ id: a, changed: true }] },
  },
  { name: "purge several", steps: [made, { op: "batch", verb: "purge", rows: [{ id: a }] }], answer: { rows: [{ id: a, changed: true }] } },
  { name: "nothing in bulk", steps: [{ op: "batch", verb: "delete", rows: [] }], code: "BAD_REQUEST" },
  {
    name: "too much in bulk",
    steps: [{ op: "batch", verb: "delete", rows: Array.from({ length: 201 }, () => ({ id: a })) }],
    code: "BAD_REQUEST",
  },

  {
    name: "transact, with references",
    steps: [
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a" }, as: "first" },
          { op: "upsert", by: { id: "note_b" }, data: { title: "b", above: "$first", others: ["$first"] }, as: "second" },
          { op: "patch", id: "$first", merge: { n: 2, above: "$second" } },
          { op: "update", id: "$second", data: { title: "b2", above: "$first" }, ifVersion: 1, status: "draft" },
          { op: "modify", id: "$second", merge: { n: 5 }, ifVersion: 2 },
          { op: "switch", id: a, revision: 1 },
          { op: "delete", id: a },
          { op: "restore", id: a },
        ],
      },
      { op: "search", orderBy: ["id"] },
    ],
  },
  {
    name: "transact is all or nothing",
    steps: [
      create("b"),
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a" } },
          { op: "update", id: "note_b", data: { title: "a" } },
        ],
      },
    ],
    code: "UNIQUE_VIOLATION",
  },
  {
    name: "transact what was refused leaves nothing",
    steps: [
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a" } },
          { op: "delete", id: "note_zz" },
        ],
      },
      { op: "search" },
    ],
  },
  {
    name: "transact with an old version",
    steps: [
      ...twice,
      {
        op: "transact",
        rows: [
          { op: "create", key: "b", data: { title: "b" } },
          { op: "delete", id: a, ifVersion: 1 },
        ],
      },
    ],
    code: "VERSION_MISMATCH",
  },
  {
    name: "transact with a reference to what is later",
    steps: [
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a", above: "$b" } },
          { op: "create", key: "b", data: { title: "b" }, as: "b" },
        ],
      },
    ],
    code: "BAD_REQUEST",
  },
  { name: "transact nothing", steps: [{ op: "transact", rows: [] }], code: "BAD_REQUEST" },
  {
    name: "transact again under one idempotency key",
    steps: [
      { op: "transact", rows: [{ op: "create", key: "a", data: { title: "a" } }], idempotencyKey: "k" },
      { op: "delete", id: a },
      { op: "transact", rows: [{ op: "create", key: "a", data: { title: "a" } }], idempotencyKey: "k" },
    ],
    answer: { rows: [{ id: a, changed: true }] },
  },
  {
    name: "transact something else under one idempotency key",
    steps: [
      { op: "transact", rows: [{ op: "create", key: "a", data: { title: "a" } }], idempotencyKey: "k" },
      { op: "transact", rows: [{ op: "create", key: "a", data: { title: "b" } }], idempotencyKey: "k" },
    ],
    code: "IDEMPOTENCY_KEY_REUSED",
  },
  {
    name: "transact what JSON cannot keep under an idempotency key",
    steps: [{ op: "transact", rows: [{ op: "create", key: "a", data: { title: "\ud800" } }], idempotencyKey: "k" }],
    code: "VALIDATION_FAILED",
  },
  {
    name: "upsert what JSON cannot keep under an idempotency key",
    steps: [{ op: "upsert", by: { id: a }, data: { title: "\ud800" }, idempotencyKey: "k" }],
    code: "VALIDATION_FAILED",
  },
];
