import { a, type Case, create, made } from "./cases.ts";
import type { Step } from "./door.ts";

const bump = (by: number, more: Omit<Extract<Step, { readonly op: "bump" }>, "op" | "id" | "input"> = {}, also?: string): Step => ({
  op: "bump",
  id: a,
  input: { by, ...(also === undefined ? {} : { also }) },
  ...more,
});

/** An action of the spec behind every door. */
export const actionCases: readonly Case[] = [
  { name: "run an action", steps: [made, bump(2)], answer: { id: a, version: 2, data: { title: "a", n: 2, tags: [], kind: "plain" } } },
  { name: "run an action that changes nothing", steps: [made, bump(0)], answer: { version: 1 } },
  { name: "run an action with input that zod refuses", steps: [made, bump(-1)], code: "VALIDATION_FAILED" },
  {
    name: "run an action with an unknown member",
    steps: [made, { op: "bump", id: a, input: { by: 1, more: 1 } }],
    code: "VALIDATION_FAILED",
    graphql: "BAD_REQUEST",
  },
  { name: "run an action that its handler refuses", steps: [made, bump(99)], code: "CONFLICT" },
  { name: "run an action with the version seen", steps: [made, bump(1, { ifVersion: 1 })], answer: { version: 2 } },
  { name: "run an action with an old version", steps: [made, bump(1), bump(1, { ifVersion: 1 })], code: "VERSION_MISMATCH" },
  { name: "run an action on what is missing", steps: [bump(1)], code: "NOT_FOUND" },
  { name: "run an action on the deleted", steps: [made, { op: "delete", id: a }, bump(1)], code: "GONE" },
  {
    name: "run an action that writes another",
    steps: [made, create("b"), bump(3, {}, "note_b"), { op: "get", id: "note_b" }],
    answer: { id: "note_b", version: 2 },
  },
  { name: "run an action whose other write is refused", steps: [made, bump(3, {}, "note_zz")], code: "NOT_FOUND" },
  {
    name: "run an action that was refused in part leaves nothing",
    steps: [made, bump(3, {}, "note_zz"), { op: "get", id: a }],
    answer: { version: 1 },
  },
  {
    name: "run an action again under one idempotency key",
    steps: [made, bump(1, { idempotencyKey: "k" }), bump(5), bump(1, { idempotencyKey: "k" })],
    answer: { version: 2, data: { title: "a", n: 1, tags: [], kind: "plain" } },
  },
  {
    name: "run another action under one idempotency key",
    steps: [made, bump(1, { idempotencyKey: "k" }), bump(2, { idempotencyKey: "k" })],
    code: "IDEMPOTENCY_KEY_REUSED",
  },
  {
    name: "transact with an action, with references",
    steps: [
      create("b"),
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a" }, as: "first" },
          { op: "action", action: "bump", id: "note_b", input: { by: 4, also: "$first" } },
          { op: "action", action: "bump", id: "$first", input: { by: 1 } },
          { op: "action", action: "bump", id: "$first", input: { by: 0 } },
        ],
      },
      { op: "search", orderBy: ["id"] },
    ],
  },
  {
    name: "transact with an action that is refused",
    steps: [
      {
        op: "transact",
        rows: [
          { op: "create", key: "a", data: { title: "a" }, as: "first" },
          { op: "action", action: "bump", id: "$first", input: { by: 99 } },
        ],
      },
    ],
    code: "CONFLICT",
  },
];
