import { a, type Case, create, made } from "./cases.ts";
import type { Step } from "./door.ts";

const remove = (key: string, op: "delete" | "purge" = "delete"): Step => ({ op, id: `note_${key}` });
const get = (key: string): Step => ({ op: "get", id: `note_${key}`, includeDeleted: true });
/** b is owned by a, c by b, and d has a for a hint. */
const owned: Step[] = [made, create("b", { owner: a }), create("c", { owner: "note_b" }), create("d", { hint: a, owner: "note_d" })];

/** Refs that are kept whole. */
export const referenceCases: readonly Case[] = [
  { name: "create with a ref to nothing", steps: [create("b", { maker: a })], code: "REFERENCE_VIOLATION" },
  { name: "create with a ref to what is deleted", steps: [made, remove("a"), create("b", { maker: a })], code: "REFERENCE_VIOLATION" },
  { name: "create with a ref to itself", steps: [create("a", { maker: a })], answer: { version: 1 } },
  { name: "create with a ref that may dangle", steps: [create("b", { above: a })], answer: { version: 1 } },
  {
    name: "update to a ref to nothing",
    steps: [made, { op: "update", id: a, data: { title: "a", owner: "note_x" } }],
    code: "REFERENCE_VIOLATION",
  },
  { name: "patch to a ref to nothing", steps: [made, { op: "patch", id: a, merge: { hint: "note_x" } }], code: "REFERENCE_VIOLATION" },
  {
    name: "modify to a ref to nothing",
    steps: [
      { op: "create", key: "a", data: { title: "a" }, status: "draft" },
      { op: "modify", id: a, merge: { hint: "note_x" }, ifVersion: 1 },
    ],
    code: "REFERENCE_VIOLATION",
  },
  {
    name: "switch back to a ref to what is gone",
    steps: [
      made,
      create("b", { maker: a }),
      { op: "update", id: "note_b", data: { title: "b" } },
      remove("a"),
      { op: "switch", id: "note_b", revision: 1 },
    ],
    code: "REFERENCE_VIOLATION",
  },
  {
    name: "restore with a ref to what is gone",
    steps: [made, create("b", { maker: a }), remove("b"), remove("a"), { op: "restore", id: "note_b" }],
    code: "REFERENCE_VIOLATION",
  },
  {
    name: "upsert with a ref to nothing",
    steps: [{ op: "upsert", by: { title: "b" }, data: { title: "b", maker: a } }],
    code: "REFERENCE_VIOLATION",
  },
  { name: "delete what others refer to", steps: [made, create("b", { maker: a }), remove("a")], code: "REFERENCE_VIOLATION" },
  { name: "purge what others refer to", steps: [made, create("b", { maker: a }), remove("a", "purge")], code: "REFERENCE_VIOLATION" },
  { name: "delete what refers to itself alone", steps: [create("a", { maker: a }), remove("a")] },
  {
    name: "a restriction at the end of a cascade",
    steps: [...owned, create("e", { maker: "note_c" }), remove("a")],
    code: "REFERENCE_VIOLATION",
  },
  { name: "a cascade through two levels", steps: [...owned, remove("a"), get("c")], answer: { deleted: true, version: 2 } },
  { name: "a purge through two levels", steps: [...owned, remove("a", "purge"), get("c")], code: "NOT_FOUND", graphql: "null" },
  {
    name: "a ref that is emptied",
    steps: [...owned, remove("a"), get("d")],
    answer: { deleted: false, version: 2, number: 2, count: 2 },
  },
  {
    name: "a transact that makes a target and refers to it, in the other order",
    steps: [
      {
        op: "transact",
        rows: [
          { op: "create", key: "b", data: { title: "b", maker: a } },
          { op: "create", key: "a", data: { title: "a" } },
        ],
      },
    ],
  },
  {
    name: "a transact that deletes a target first and who refers to it then",
    steps: [
      made,
      create("b", { maker: a }),
      {
        op: "transact",
        rows: [
          { op: "delete", id: a },
          { op: "delete", id: "note_b" },
        ],
      },
    ],
  },
  {
    name: "a transact that refers to what it deletes",
    steps: [
      made,
      {
        op: "transact",
        rows: [
          { op: "delete", id: a },
          { op: "create", key: "b", data: { title: "b", maker: a } },
        ],
      },
    ],
    code: "REFERENCE_VIOLATION",
  },
];
