import type { Contest } from "./operations.ts";
import type { Behind } from "./run-sequence.ts";
import { type Outcome, plain, type Step } from "./step.ts";

/**
 * Writes that run at the same time behind every door. Who comes first is open; what must hold whoever it is, is asked of each door
 * by itself.
 */
export async function runContest(behind: readonly Behind[], contest: Contest, name: string): Promise<string | undefined> {
  const problems = await Promise.all(behind.map((each) => contend(each, contest, name)));
  return problems.find((problem) => problem !== undefined);
}

type Json = ReturnType<typeof JSON.parse>;
const type = "contest";

function writersOf({ rule, writers, draft }: Contest, key: string): readonly Step[] {
  const id = `${type}_${key}`;
  const write = (n: number): Step => {
    const merge = { n: n + 1 };
    switch (rule) {
      case "versioned":
        return draft ? { op: "modify", type, id, merge, ifVersion: 1, current: 1 } : { op: "patch", type, id, merge, ifVersion: 1 };
      case "free":
        return { op: n % 2 === 0 ? "patch" : "update", type, id, merge, data: merge } as Step;
      case "counted":
        return { op: "action", type, id, action: "add", input: { by: 1 } };
      case "idempotent":
        if (draft) return { op: "action", type, id, action: "add", input: { by: 1 }, idempotencyKey: `${key}-once` };
        return { op: "create", type, key: `${key}-once`, data: { n: 1 }, idempotencyKey: `${key}-once` };
      case "oneKey":
        return { op: "create", type, key: `${key}-one`, data: merge };
      case "apart":
        return { op: "create", type, key: `${key}-${n}`, data: merge };
    }
  };
  return Array.from({ length: writers }, (_, n) => write(n));
}

async function contend({ door, twin }: Behind, contest: Contest, key: string): Promise<string | undefined> {
  const id = `${type}_${key}`;
  await door.run({ op: "create", type, key, data: { n: 0 }, status: contest.draft ? "draft" : "stable" });
  twin.heard();
  const answers = plain<Json[]>(await Promise.all(writersOf(contest, key).map((step) => door.run(step))));
  const wrong = (what: string) =>
    `${door.name}: of ${contest.writers} writers at once (${contest.rule}) ${what}: ${JSON.stringify(answers)}`;
  const won = answers.filter(({ code }) => code === undefined);
  const lost = answers.filter(({ code }) => code !== undefined);
  const commits = twin.heard().filter((event: Json) => event.phase === "after" && event.changed && event.operation !== "add");
  const stored = plain<Json>(await twin.manager(type).get(id));
  const { items } = plain<Json>({ items: (await twin.manager(type).revisions(id)).items });

  const expected = rules[contest.rule]({ won, lost, writers: contest.writers, stored, revisions: items });
  if (expected !== undefined) return wrong(expected);
  const written = contest.rule === "idempotent" || contest.rule === "oneKey" || contest.rule === "versioned" ? 1 : contest.writers;
  return commits.length === written ? undefined : wrong(`plugins heard of ${commits.length} commits, not ${written}`);
}

interface Ended {
  readonly won: readonly Json[];
  readonly lost: readonly Json[];
  readonly writers: number;
  /** The resource that was there before, and its history. */
  readonly stored: Json;
  readonly revisions: readonly Json[];
}

const dense = (numbers: readonly number[], from: number): boolean =>
  numbers.toSorted((a, b) => a - b).every((number, i) => number === from + i);
const versionsOf = (answers: readonly Json[]): number[] => answers.map(({ resource }) => resource.meta.version);

/** What is wrong with how it ended. */
const rules: Readonly<Record<Contest["rule"], (ended: Ended) => string | undefined>> = {
  versioned: ({ won, lost, stored }) => {
    if (won.length !== 1) return `${won.length} had the version`;
    if (!lost.every(({ code, expected, actual }: Outcome) => code === "VERSION_MISMATCH" && expected === 1 && actual === 2))
      return "not all others were told of the version";
    return stored.meta.version === 2 && stored.data.n === won[0].resource.data.n
      ? undefined
      : "another one is stored than was acknowledged";
  },
  free: ({ won, writers, stored, revisions }) => {
    if (won.length !== writers) return "some were refused";
    if (!dense(versionsOf(won), 2)) return "versions are missing or twice";
    if (
      !dense(
        revisions.map(({ number }) => number),
        1,
      ) ||
      revisions.length !== writers + 1
    )
      return "revisions are missing or twice";
    return stored.meta.version === writers + 1 ? undefined : "the last version is not stored";
  },
  counted: (ended) => rules.free(ended) ?? (ended.stored.data.n === ended.writers ? undefined : "some of what was added is lost"),
  // "CONFLICT: the same idempotency key in flight" (CONTRACT §4).
  idempotent: ({ won, lost }) => {
    if (won.length === 0) return "nobody wrote";
    if (new Set(won.map(({ resource }) => JSON.stringify(resource))).size !== 1) return "two answers differ";
    return lost.every(({ code }) => code === "CONFLICT") ? undefined : "some were refused for another reason";
  },
  oneKey: ({ won, lost }) => (won.length === 1 && lost.every(({ code }) => code === "CONFLICT") ? undefined : "not exactly one has the id"),
  apart: ({ won, writers }) =>
    won.length === writers && versionsOf(won).every((version) => version === 1) ? undefined : "some were held up by others",
};
