import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import type { OpenApiDocument } from "../../src/index.ts";
import type { Json } from "./json.ts";

/** What there is to say about one answer. */
interface Answered {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parts of resources were asked for, or more than they hold: no schema says what that is. */
  readonly partial?: boolean;
}

const escaped = (pointer: string): string => pointer.replaceAll("~", "~0").replaceAll("/", "~1");

/** Holds answers to a document: status, content type, and the body by its schema. */
class OpenApiCheck {
  readonly #document: Json;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, unicodeRegExp: false, validateSchema: false });
  readonly #paths: readonly { readonly path: string; readonly matches: RegExp }[];
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    formats.default(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: "http://document/openapi.json" });
    this.#paths = Object.keys(document.paths)
      // Fixed segments answer before parameters.
      .toSorted((a, b) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0))
      .map((path) => ({ path, matches: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`) }));
  }

  /** What does not fit; nothing of an answer that is described. */
  findings({ method, path, status, headers, text, partial = false }: Answered): readonly string[] {
    const known = method === "HEAD" ? "get" : method.toLowerCase();
    const found = this.#paths.filter(({ matches }) => matches.test(path)).find((each) => known in this.#document.paths[each.path]);
    // Paths and methods that nothing is said of: refused, or asked for what there is.
    if (!found)
      return status === 204 || headers.get("content-type") === "application/problem+json"
        ? []
        : [`no route is described, and the answer is ${status}`];
    // A write may be answered without a body, for who prefers that.
    if (headers.get("preference-applied") === "return=minimal") return text === "" ? [] : ["a body in place of none"];
    const at = `#/paths/${escaped(found.path)}/${known}/responses/${status}`;
    const [response, pointer] = this.#resolved(this.#document.paths[found.path][known].responses[status], at);
    if (!response) return [`status ${status} is not described`];
    const type = headers.get("content-type");
    if (response.content === undefined) return text === "" ? [] : [`a body is not described at ${status}`];
    const described = Object.keys(response.content);
    if (type !== null && described.includes("*/*")) return [];
    if (type === null || !described.includes(type)) return [`content type ${type} is not described at ${status}: ${described.join(", ")}`];
    if (method === "HEAD" || partial || !/[/+]json$/.test(type)) return [];
    return this.#validate(`http://document/openapi.json${pointer}/content/${escaped(type)}/schema`, text);
  }

  #resolved(value: Json, pointer: string): readonly [Json, string] {
    if (value?.$ref === undefined) return [value, pointer];
    const [, kind = "", group = "", name = ""] = value.$ref.split("/");
    return [this.#document[kind][group][name], value.$ref];
  }

  #validate(ref: string, text: string): readonly string[] {
    const validate = this.#validators.get(ref) ?? this.#ajv.compile({ $ref: encodeURI(ref) });
    this.#validators.set(ref, validate);
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? [])
      .slice(0, 5)
      .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  }
}

/** Most tests have platforms of the same specs, so of the same document. */
const checks = new Map<string, OpenApiCheck>();

function checkOf(document: OpenApiDocument): OpenApiCheck {
  const key = JSON.stringify(document);
  const check = checks.get(key) ?? new OpenApiCheck(document);
  checks.set(key, check);
  return check;
}

export const openapiFindings = (document: OpenApiDocument, answered: Answered): readonly string[] => checkOf(document).findings(answered);

/** A fetch whose answers of REST are held to the document: what is not described fails the test that got it. */
export function checkedFetch(platform: {
  fetch(request: Request): Promise<Response>;
  openapi(): OpenApiDocument;
}): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    // No other body is kept: one without an end would never be read to it.
    const asked = pathname.endsWith("/search") ? request.clone() : undefined;
    const response = await platform.fetch(request);
    // A stream has no end to wait for, GraphQL a schema of its own, and what is compressed is the same as what is not.
    if (response.headers.get("content-type") === "text/event-stream" || response.headers.has("content-encoding") || pathname === "/graphql")
      return response;
    const text = await response.clone().text();
    const { method } = request;
    const { status, headers } = response;
    const partial = /[?&](fields|expand)=/.test(request.url) || /"(fields|expand)"/.test((await asked?.text()) ?? "");
    const found = openapiFindings(platform.openapi(), { method, path: pathname, status, headers, text, partial });
    expect(found, `${method} ${pathname} ${status} ${text.slice(0, 300)}`).toEqual([]);
    return response;
  };
}
