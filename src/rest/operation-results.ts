import { httpStatus, SpecStarError } from "../errors.ts";
import type { Purged } from "../manager/operations/purge.ts";
import { ActionResult, Written } from "../manager/resource.ts";
import { type Failed, problemDetails } from "./problem.ts";
import type { Reply } from "./reply.ts";

/** Results in order, each with the status that its own request would have had. */
export function resultsReply(results: readonly (Written | Purged | SpecStarError)[], call: Pick<Failed, "requestId" | "path">): Reply {
  const replayed = results.some((result) => result instanceof Written && result.replayed);
  return {
    status: 200,
    failures: results.filter((result) => result instanceof SpecStarError),
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(replayed ? { "idempotency-replayed": "true" } : {}),
    },
    body: `[${results.map((result) => resultJson(result, call)).join(",")}]`,
  };
}

function resultJson(result: Written | Purged | SpecStarError, call: Pick<Failed, "requestId" | "path">): string {
  if (result instanceof SpecStarError) return JSON.stringify({ status: httpStatus(result.code), problem: problemDetails(result, call) });
  const { changed } = result;
  if (!(result instanceof Written)) return JSON.stringify({ status: 200, changed, id: result.id });
  const output = result instanceof ActionResult && result.output !== undefined ? `,"output":${JSON.stringify(result.output)}` : "";
  return `{"status":${result.created ? 201 : 200},"changed":${changed},"resource":${result.json}${output}}`;
}
