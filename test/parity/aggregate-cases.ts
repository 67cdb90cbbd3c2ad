import { type Case, create, several } from "./cases.ts";
import type { AggregateStep } from "./door.ts";

const ask = (args: Omit<AggregateStep, "op">): AggregateStep => ({ op: "aggregate", ...args });

/** Aggregates: over five notes whose n is 0 1 2 0 1, where d and e have an extra and a place. */
export const aggregateCases: readonly Case[] = [
  { name: "aggregate all", steps: [...several, ask({ sum: ["n"] })], answer: { groups: [{ count: 5, sum: { n: 4 } }] } },
  {
    name: "aggregate by a field",
    steps: [...several, ask({ groupBy: ["n"], min: ["title"], max: ["title"] })],
    answer: {
      groups: [
        { group: { n: 0 }, count: 2, min: { title: "a" }, max: { title: "d" } },
        { group: { n: 1 }, count: 2, min: { title: "b" }, max: { title: "e" } },
        { group: { n: 2 }, count: 1, min: { title: "c" }, max: { title: "c" } },
      ],
    },
  },
  {
    name: "aggregate by nested fields, refs and meta",
    steps: [...several, create("f", { above: "note_a", kind: "loud" }), ask({ groupBy: ["place.city", "aboveId", "kind", "meta.status"] })],
    answer: {
      groups: [
        { group: { place: { city: null }, aboveId: null, kind: "plain", meta: { status: "stable" } }, count: 3 },
        { group: { place: { city: "C3" }, aboveId: null, kind: "plain", meta: { status: "stable" } }, count: 1 },
        { group: { place: { city: "C4" }, aboveId: null, kind: "plain", meta: { status: "stable" } }, count: 1 },
        { group: { place: { city: null }, aboveId: "note_a", kind: "loud", meta: { status: "stable" } }, count: 1 },
      ],
    },
  },
  {
    name: "aggregate every measure",
    steps: [
      ...several,
      ask({ sum: ["meta.version"], avg: ["n"], min: ["place.city"], max: ["extra", "kind"], countDistinct: ["n", "extra", "aboveId"] }),
    ],
    answer: {
      groups: [
        {
          count: 5,
          sum: { meta: { version: 5 } },
          avg: { n: 0.8 },
          min: { place: { city: "C3" } },
          max: { extra: "x4", kind: "plain" },
          countDistinct: { n: 3, extra: 2, aboveId: 0 },
        },
      ],
    },
  },
  {
    name: "aggregate nothing",
    steps: [ask({ sum: ["n"], avg: ["n"], min: ["n"], countDistinct: ["n"] })],
    answer: { groups: [{ count: 0, sum: { n: 0 }, avg: { n: null }, min: { n: null }, countDistinct: { n: 0 } }] },
  },
  { name: "aggregate nothing by a field", steps: [ask({ groupBy: ["n"] })], answer: { groups: [] } },
  {
    name: "aggregate what a filter finds, through relations",
    steps: [
      ...several,
      create("f", { above: "note_b", n: 7 }),
      create("g", { above: "note_c", n: 8 }),
      ask({ where: { above: { n: { eq: 1 } } }, sum: ["n"] }),
    ],
    answer: { groups: [{ count: 1, sum: { n: 7 } }] },
  },
  {
    name: "aggregate the largest groups, with what is deleted",
    steps: [...several, { op: "delete", id: "note_c" }, ask({ groupBy: ["n"], first: 3, includeDeleted: true })],
    answer: {
      groups: [
        { group: { n: 0 }, count: 2 },
        { group: { n: 1 }, count: 2 },
        { group: { n: 2 }, count: 1 },
      ],
    },
  },
  {
    name: "aggregate the one largest group",
    steps: [...several, ask({ groupBy: ["n"], first: 1 })],
    answer: { groups: [{ group: { n: 0 }, count: 2 }] },
  },
  {
    name: "aggregate to a sum that is no exact number",
    steps: [create("a", { n: Number.MAX_SAFE_INTEGER }), create("b", { n: 1 }), ask({ sum: ["n"] })],
    code: "BAD_REQUEST",
  },
  {
    name: "aggregate to an average whose sum would be no exact number",
    steps: [create("a", { n: Number.MAX_SAFE_INTEGER }), create("b", { n: Number.MAX_SAFE_INTEGER }), ask({ avg: ["n"] })],
    answer: { groups: [{ count: 2, avg: { n: Number.MAX_SAFE_INTEGER } }] },
  },
  { name: "aggregate more groups than may be asked for", steps: [ask({ first: 201 })], code: "BAD_REQUEST" },
  { name: "aggregate a negative number of groups", steps: [ask({ first: -1 })], code: "BAD_REQUEST" },
  { name: "aggregate by a field twice", steps: [ask({ groupBy: ["n", "n"] })], code: "BAD_REQUEST" },
  { name: "aggregate by a list", steps: [ask({ groupBy: ["tags"] })], code: "BAD_REQUEST" },
  { name: "aggregate by the id", steps: [ask({ groupBy: ["id"] })], code: "BAD_REQUEST" },
  { name: "aggregate by what is not there", steps: [ask({ groupBy: ["nothing"] })], code: "BAD_REQUEST" },
  { name: "aggregate by what is not indexed", steps: [ask({ groupBy: ["unindexed"] })], code: "NOT_INDEXED", graphql: "BAD_REQUEST" },
  { name: "aggregate the sum of a text", steps: [ask({ sum: ["title"] })], code: "BAD_REQUEST" },
  { name: "aggregate the least of ids", steps: [ask({ min: ["aboveId"] })], code: "BAD_REQUEST" },
  { name: "aggregate the sum of what is not indexed", steps: [ask({ sum: ["unindexed"] })], code: "NOT_INDEXED", graphql: "BAD_REQUEST" },
];
