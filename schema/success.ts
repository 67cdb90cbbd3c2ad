import { fail, SpecStarError } from "../src/errors.ts";
import type { Purged } from "../src/manager/operations/purge.ts";
import { ActionResult, type Resource, Written } from "../src/manager/resource.ts";

/** What a write came to, as results show it. */
export interface Success {
  readonly id: string;
  readonly changed: boolean;
  readonly created: boolean;
  /** Undefined once it is purged. */
  readonly resource: Resource | undefined;
  /** What an action answered. */
  readonly output?: unknown;
}

export type Result = Written | Purged;

/** By id the state that an answer shows: one, so that no id shows two; undefined once it is purged. */
export type Newest = ReadonlyMap<string, Resource | undefined>;

/** The last state that a resource was written to. */
export function newestOf(results: readonly (Result | SpecStarError)[]): Newest {
  const newest = new Map<string, Resource | undefined>();
  for (const result of results) {
    if (result instanceof SpecStarError) continue;
    if (!(result instanceof Written)) newest.set(result.id, undefined);
    else if (result.version >= (newest.get(result.id)?.version ?? 0)) newest.set(result.id, result);
  }
  return newest;
}

export function successOf(result: Result, newest?: Newest): Success {
  const { id, changed } = result;
  if (!(result instanceof Written)) return { id, changed, created: false, resource: undefined };
  const output = result instanceof ActionResult ? { output: result.output } : {};
  return { id, changed, created: result.created, resource: newest?.has(id) ? newest.get(id) : result, ...output };
}

export function writtenOf({ id, resource }: Success): Resource {
  if (resource) return resource;
  throw fail("INTERNAL", `The write to ${id} has no resource`);
}
