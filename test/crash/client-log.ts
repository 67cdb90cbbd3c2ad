/**
 * What the clients of one place saw, in the order in which each process wrote it down: a call before it was made, its
 * answer after it came. A process that dies leaves calls without an answer. Instants are milliseconds of the machine's
 * monotonic clock, which all processes share.
 */
export type Line = ReadyLine | CallLine | AnswerLine | ReadLine | BrokenLine | PointLine;

/** The storage is open. */
interface ReadyLine {
  readonly kind: "ready";
  readonly at: number;
}

interface CallLine extends Call {
  readonly kind: "call";
}

interface AnswerLine extends Answer {
  readonly kind: "answer";
  readonly token: string;
}

interface ReadLine extends Observation {
  readonly kind: "read";
}

/** A read was answered with an error that no storage may give. */
interface BrokenLine {
  readonly kind: "broken";
  readonly about: string;
}

/** The process has reached the crash point it was told, and now does what it was told. */
interface PointLine {
  readonly kind: "point";
  readonly point: string;
}

export const operations = [
  "create",
  "createOnce",
  "createKeyed",
  "createPair",
  "update",
  "patch",
  "modify",
  "switch",
  "delete",
  "restore",
  "purge",
  "putBlob",
] as const;
export type OperationName = (typeof operations)[number];

/** One write that a client asked for. */
export interface Call {
  /** Its own, in all processes. */
  readonly token: string;
  /** The actor. Its own too, but for calls with the same idempotency key. */
  readonly by: string;
  readonly operation: OperationName;
  readonly type: string;
  /** The resource, where it was known before. */
  readonly id: string | null;
  /** Changes that it makes, all or none. */
  readonly count: number;
  readonly ifVersion: number | null;
  readonly at: number;
}

/** A resource as an answer showed it. `version` is null where the answer does not say it (purge). */
export interface State {
  readonly id: string;
  readonly version: number | null;
  readonly revision: number | null;
  readonly hash: string | null;
}

/** `unknown`: an error that does not say whether the write was made. */
export type Outcome = "acknowledged" | "refused" | "unknown";

export interface Answer {
  readonly at: number;
  readonly outcome: Outcome;
  readonly states: readonly State[];
  readonly changed: boolean;
  readonly replayed: boolean;
  readonly code: string | null;
  /** Of a VERSION_MISMATCH. */
  readonly actual: number | null;
  /** Of an error that should not be. */
  readonly message: string | null;
}

/** What a read answered; `version` 0: there was no such resource. */
export interface Observation extends State {
  readonly type: string;
  readonly from: number;
  readonly at: number;
}

export interface Attempt extends Call {
  readonly answer: Answer | undefined;
}

export interface ClientLog {
  readonly attempts: readonly Attempt[];
  readonly reads: readonly Observation[];
  readonly broken: readonly string[];
}

export function clientLog(lines: readonly Line[]): ClientLog {
  const answers = new Map<string, Answer>();
  for (const line of lines) if (line.kind === "answer") answers.set(line.token, line);
  return {
    attempts: lines.flatMap((line) => (line.kind === "call" ? [{ ...line, answer: answers.get(line.token) }] : [])),
    reads: lines.filter((line) => line.kind === "read"),
    broken: lines.flatMap((line) => (line.kind === "broken" ? [line.about] : [])),
  };
}

export const isAcknowledged = ({ answer }: Attempt): boolean => answer?.outcome === "acknowledged";

/** Acknowledged, and something was written. */
export const isWritten = ({ answer }: Attempt): boolean => answer?.outcome === "acknowledged" && answer.changed && !answer.replayed;

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
