import { fail } from "../errors.ts";
import type { Filter } from "../spec/query.ts";
import { parseWhere } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Actor } from "./actor.ts";
import { type OperationName, readOperations } from "./plugins/events.ts";
import { refuseWriteOfHandler } from "./plugins/handling.ts";

export interface AccessRequest {
  readonly actor: Actor;
  /** Of an action its name. */
  readonly operation: OperationName;
  readonly spec: ResourceSpec;
  /** The action that asks this of another resource than its own, as `article.publish`. */
  readonly action?: string;
}

/** Yes, no, or yes for what a filter (as in `where`) matches. */
export type AccessDecision = boolean | { readonly where: unknown };

/** The one question that every operation, search and delivered event asks: "may this actor…?" */
export type Authorize = (request: AccessRequest) => Promise<AccessDecision>;

const reads: ReadonlySet<string> = new Set(readOperations);
export const isRead = (operation: OperationName): boolean => reads.has(operation);

export const allowAll: Authorize = async () => true;

/** The same question, but of some specs, by name, those who brought them along decide, and nobody else. */
export function withOwners(ask: Authorize, owners: ReadonlyMap<string, Authorize>): Authorize {
  return owners.size === 0 ? ask : (request) => (owners.get(request.spec.name) ?? ask)(request);
}

/**
 * Asks, and answers with the filter that the operation must stay within.
 * @throws FORBIDDEN
 */
export async function authorize(ask: Authorize, request: AccessRequest): Promise<Filter | undefined> {
  if (!isRead(request.operation)) refuseWriteOfHandler();
  const decision = await ask(request);
  if (decision === true) return undefined;
  if (decision === false)
    throw fail("FORBIDDEN", `${request.actor.id} may not ${request.operation} ${request.spec.name}`, { resource: request.spec.name });
  return parseWhere(request.spec, decision.where);
}
