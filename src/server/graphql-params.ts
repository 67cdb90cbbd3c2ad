import { fail, type SpecStarError } from "../errors.ts";
import { parseJson } from "../rest/parse-json.ts";
import { readBody } from "../rest/read-body.ts";

/** The document that a request means: its own, or the one that its `extensions` name. */
export type DocumentOf = (query: string | undefined, extensions: Readonly<Record<string, unknown>> | undefined) => string;

/** What a GraphQL request says, whatever it came by. */
export interface GraphQLParams {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
}

const known: ReadonlySet<string> = new Set(["query", "variables", "operationName", "extensions"]);
const maxDepth = 64;

/**
 * GET with a query string, or POST with a JSON body: nothing that an HTML form could send.
 * @throws BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE
 */
export async function readParams(request: Request, documentOf: DocumentOf): Promise<GraphQLParams> {
  if (request.method === "POST") return checkParams((await readBody(request)).value, documentOf);
  const search = new URL(request.url).searchParams;
  const json = (name: string): unknown => {
    const text = search.get(name);
    return text ? parseJson(text, name) : undefined;
  };
  const given = {
    query: search.get("query"),
    operationName: search.get("operationName"),
    variables: json("variables"),
    extensions: json("extensions"),
  };
  return checkParams(given, documentOf);
}

/** The same for what a WebSocket message says. */
export function checkParams(value: unknown, documentOf: DocumentOf): GraphQLParams {
  if (Array.isArray(value)) throw bad("Several operations in one request are not supported");
  if (!isObject(value)) throw bad("The body must be an object with query, variables, operationName");
  for (const [name, given] of Object.entries(value))
    if (given !== null && given !== undefined && !known.has(name))
      throw bad(`${JSON.stringify(name.slice(0, 100))} is not a parameter of GraphQL over HTTP`);
  const { query, variables, operationName, extensions } = value;
  if (!isAbsent(query) && typeof query !== "string") throw bad("query must hold a GraphQL document");
  if (!isAbsent(operationName) && typeof operationName !== "string") throw bad("operationName must be a string");
  if (!isAbsent(variables) && !isObject(variables)) throw bad("variables must be an object");
  if (!isAbsent(extensions) && !isObject(extensions)) throw bad("extensions must be an object");
  return {
    // Over WebSockets, where a query is required, an empty one stands for none.
    query: documentOf(query || undefined, isObject(extensions) ? extensions : undefined),
    ...(isObject(variables) ? { variables } : {}),
    ...(operationName ? { operationName } : {}),
    ...(isObject(extensions) ? { extensions } : {}),
  };
}

/** For values that were parsed by somebody else: no deeper than JSON bodies may be. */
export function checkDepth(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw bad(`variables are nested more than ${maxDepth} levels deep`);
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
const bad = (message: string): SpecStarError => fail("BAD_REQUEST", message);
