import { fail } from "../src/errors.ts";
import type { Purged } from "../src/manager/operations/purge.ts";
import { ActionResult, Written } from "../src/manager/resource.ts";

/** What a write came to, as results show it. */
export interface Success {
  readonly id: string;
  readonly changed: boolean;
  readonly created: boolean;
  /** Undefined once it is purged. */
  readonly resource: Written | undefined;
  /** What an action answered. */
  readonly output?: unknown;
}

type Result = Written | Purged;

/** The state that an answer shows of each resource: the last one of those that it was written to, so that no id shows two. */
export function newestOf(results: readonly unknown[]): ReadonlyMap<string, Written> {
  const newest = new Map<string, Written>();
  for (const result of results)
    if (result instanceof Written && result.version >= (newest.get(result.id)?.version ?? 0)) newest.set(result.id, result);
  return newest;
}

export function successOf(result: Result, newest?: ReadonlyMap<string, Written>): Success {
  const { id, changed } = result;
  if (!(result instanceof Written)) return { id, changed, created: false, resource: undefined };
  const output = result instanceof ActionResult ? { output: result.output } : {};
  return { id, changed, created: result.created, resource: newest?.get(id) ?? result, ...output };
}

export function writtenOf({ id, resource }: Success): Written {
  if (resource) return resource;
  throw fail("INTERNAL", `The write to ${id} has no resource`);
}
