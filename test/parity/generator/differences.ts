import { unionMember } from "../../../src/errors.ts";
import { type DoorName, type Outcome, plain, type Step } from "./step.ts";

type Json = ReturnType<typeof JSON.parse>;

/**
 * All that doors may say otherwise than TypeScript does, each with the sentence that allows it:
 *
 * - Types: "what GraphQL's type system refuses is BAD_REQUEST there" (CONTRACT §4): then the others refuse it too.
 * - Null reads: "a GraphQL read by id is null for NOT_FOUND and GONE" (CONTRACT §4).
 * - Members: of a failure in a result union the members that its type has (CONTRACT §4), paths as texts.
 * - Missing and null are one in GraphQL's answers; the hash of the revision tells that the data is the same.
 * - Revisions: `articleRevision(asOf:)` and `articlesAsOf` answer revisions (CONTRACT §5).
 * - One state: "a type never shows two states under one id" (CONTRACT §5): results of one call show the last of them, and none
 *   of what the call purged.
 * - Envelope: REST answers `{ id, data, meta, revision }`, and 204 to DELETE (CONTRACT §6): `changed` is in rows of batches alone.
 * - Batches of actions: GraphQL has no bulk form of them (docs/actions.md); several mutations in one document stand for it, which run
 *   one after the other (GraphQL, 6.2.2). What plugins hear is the same, in another order.
 * - Wording: of malformed input (BAD_REQUEST) an edge may say how it was written there. Codes and details are the same.
 * - Input coercion: GraphQL makes a list of one of a single value, and text of an id that is a number (GraphQL, 3.11 and 3.5.5);
 *   such values are not generated.
 */
export function expected(door: DoorName, step: Step, reference: Outcome, known: KnownIds): Outcome {
  if (door === "manager") return reference;
  return door === "graphql" ? inGraphQL(step, reference, known) : overRest(door, step, reference);
}

/** Which resources there are, and which have been. */
export interface KnownIds {
  readonly versions: ReadonlyMap<string, number>;
  readonly purged: ReadonlySet<string>;
}

const has = (outcome: Outcome, member: string): boolean => Object.hasOwn(outcome, member);
const without = (outcome: Outcome, ...members: string[]): Outcome =>
  Object.fromEntries(Object.entries(outcome).filter(([name]) => !members.includes(name)));
const rowsOf = (outcome: Outcome): readonly Json[] => (Array.isArray(outcome.rows) ? outcome.rows : []);

function overRest(door: DoorName, step: Step, reference: Outcome): Outcome {
  if (has(reference, "code")) return reference;
  switch (step.op) {
    case "delete":
    case "purge":
      return { done: true };
    case "action":
      return reference;
    case "batch":
    case "transact":
      return door === "client" ? { rows: rowsOf(reference).map((row) => without(row, "created")) } : reference;
    case "aggregate":
      return withoutEmpty(reference);
    case "changes":
      return door === "client" ? without(reference, "cursor") : reference;
    default:
      return without(reference, "changed");
  }
}

/** Of a group what was asked for. */
const withoutEmpty = (value: unknown): Outcome =>
  JSON.parse(JSON.stringify(value, (_, each: unknown) => (JSON.stringify(each) === "{}" ? undefined : each)));

const reads: ReadonlySet<Step["op"]> = new Set([
  "get",
  "revision",
  "revisions",
  "diff",
  "referrers",
  "search",
  "count",
  "aggregate",
  "changes",
]);
const nullReads: ReadonlySet<Step["op"]> = new Set(["get", "revision", "revisions", "diff", "referrers"]);

/** Of a resource that is not there nobody asks whether its history has such a page, or such a revision. */
function readsNull(step: Step, { code, message }: Outcome, { versions, purged }: KnownIds): boolean {
  if (!nullReads.has(step.op) || !("id" in step)) return false;
  const missing = !versions.has(step.id) || purged.has(step.id) || !step.id.startsWith(`${step.type}_`);
  if (step.op === "diff" || step.op === "revisions")
    return missing || (code === "NOT_FOUND" && !String(message).includes("has no revision"));
  return code === "NOT_FOUND" || code === "GONE";
}

function inGraphQL(step: Step, reference: Outcome, known: KnownIds): Outcome {
  if (has(reference, "code")) return readsNull(step, reference, known) ? { code: "null" } : refusedInGraphQL(reference, reads.has(step.op));
  switch (step.op) {
    case "get":
      return step.asOf === undefined ? reference : { revision: revisionIn(reference.resource) };
    case "search":
      return step.asOf === undefined ? reference : { ...reference, items: (reference.items as readonly Json[]).map(revisionIn) };
    case "batch":
    case "transact":
      return { rows: newestOf(rowsOf(reference)).map((row) => rowInGraphQL(step.op, row)) };
    case "upsert":
      return without(reference, "replayed");
    case "aggregate":
      return withoutEmpty(reference);
    case "changes":
      return {
        items: (reference.items as readonly Json[]).map((event) =>
          known.purged.has(event.id) ? { ...event, revision: null, previous: null } : event,
        ),
      };
    default:
      return without(reference, "replayed", "created");
  }
}

const revisionIn = ({ revision, data }: Json): Json => ({ ...revision, data });

const rowInGraphQL = (op: Step["op"], row: Json): Json =>
  has(row, "code") ? refusedInGraphQL(row, false) : op === "batch" ? without(row, "created") : row;

function newestOf(rows: readonly Json[]): readonly Json[] {
  const newest = new Map<string, Json>();
  for (const { resource, id, code } of rows) if (code === undefined) newest.set(resource?.id ?? id, resource);
  return rows.map((row) => {
    if (has(row, "code")) return row;
    const id = row.resource?.id ?? row.id;
    const resource = newest.get(id);
    return resource ? { ...row, resource } : { created: false, ...without(row, "resource"), id };
  });
}

/** What fails in a query is an entry of `errors`, which holds all details. */
function refusedInGraphQL(refusal: Outcome, inQuery: boolean): Outcome {
  const { code, message, index, issues, expected, actual, field, id } = refusal as Json;
  if (inQuery || unionMember(code) === null) return refusal;
  return plain({
    code,
    message,
    index,
    issues: issues?.map(({ path, ...rest }: Json) => ({ path: path.map(String), ...rest })),
    ...(code === "VERSION_MISMATCH" ? { expected, actual } : {}),
    ...(code === "UNIQUE_VIOLATION" ? { field, id } : {}),
  });
}

/** Members that are null are as if they were not there. */
export const withoutNulls = (outcome: Outcome): Outcome => membersOf(outcome);

function notNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => notNull(each) ?? null);
  return typeof value === "object" && value !== null ? membersOf(value) : (value ?? undefined);
}

function membersOf(value: object): Outcome {
  const kept: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) if (each !== null && each !== undefined) kept[name] = notNull(each);
  return kept;
}

/** Without the wording of what is malformed, at the top and in rows. */
export function withoutWording(outcome: Outcome): Outcome {
  const rows = has(outcome, "rows") ? { rows: rowsOf(outcome).map(withoutWording) } : {};
  return { ...without(outcome, ...(outcome.code === "BAD_REQUEST" ? ["message"] : [])), ...rows };
}

/** Whether an answer is a refusal, or holds one. */
export const refuses = (outcome: Outcome): boolean => has(outcome, "code") || rowsOf(outcome).some((row) => has(row, "code"));

/** What plugins heard behind a door, in an order that all doors keep. */
export const heardBy = (door: DoorName, step: Step, events: readonly unknown[]): readonly unknown[] =>
  door === "graphql" && step.op === "batch" && step.verb === "action"
    ? events.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
    : events;
