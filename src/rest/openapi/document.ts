import { createHash } from "node:crypto";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Method } from "../route-template.ts";
import { actionSchemas } from "./action-components.ts";
import { filterComponents, filterSchemas } from "./filter-components.ts";
import type { OperationDescription, Schema } from "./operation.ts";
import { ProblemResponses, problemSchemas } from "./problem-components.ts";
import { resourceSchemas } from "./resource-components.ts";
import { resultSchemas } from "./result-components.ts";
import { sharedHeaders, sharedParameters, sharedSchemas } from "./shared-components.ts";

/** What the platform cannot know of itself. Each is as OpenAPI 3.1 has it. */
export interface OpenApiOptions {
  /** Title, version, description, contact, license. */
  readonly info?: { readonly title?: string; readonly version?: string; readonly description?: string } & Readonly<Record<string, unknown>>;
  /** `[{ "url": "/" }]` unless told: the server that was asked for the document. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
  /** How `actor` knows who asks: `{ bearer: { type: "http", scheme: "bearer" } }`. None unless told. */
  readonly securitySchemes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Which of them every route asks for: `[{ bearer: [] }]`. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

/** One route, with what its template says of it. */
export interface DescribedRoute {
  readonly method: Method;
  /** Whole, with `:id` for a parameter. */
  readonly path: string;
  /** Name of its template. */
  readonly template: string;
  /** Of a route that stands on a resource. */
  readonly spec?: ResourceSpec | undefined;
  readonly describe: () => OperationDescription;
}

export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [key: string]: unknown;
}

/** The document and its text, made when they are first asked for. */
export class OpenApi {
  readonly #routes: readonly DescribedRoute[];
  readonly #specs: readonly ResourceSpec[];
  readonly #options: OpenApiOptions;
  #document: OpenApiDocument | undefined;
  #text: { readonly body: string; readonly etag: string } | undefined;

  constructor(routes: readonly DescribedRoute[], specs: readonly ResourceSpec[], options: OpenApiOptions) {
    this.#routes = routes;
    this.#specs = specs;
    this.#options = options;
  }

  get document(): OpenApiDocument {
    this.#document ??= openApiDocument(this.#routes, this.#specs, this.#options);
    return this.#document;
  }

  /** With a strong tag. */
  get text(): { readonly body: string; readonly etag: string } {
    if (!this.#text) {
      const body = JSON.stringify(this.document);
      this.#text = { body, etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"` };
    }
    return this.#text;
  }
}

const defaultInfo = {
  title: "SpecStar",
  version: "1.0.0",
  description: "Resources with immutable history. GET answers HEAD too; errors are problem details (RFC 9457).",
};

function openApiDocument(routes: readonly DescribedRoute[], specs: readonly ResourceSpec[], options: OpenApiOptions): OpenApiDocument {
  const problems = new ProblemResponses();
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const item = paths[path] ?? {};
    paths[path] = item;
    // Of two templates that add one route, the first answers.
    item[route.method.toLowerCase()] ??= operationOf(route, problems);
  }
  const { info = {}, servers = [{ url: "/" }], securitySchemes, security = [] } = options;
  return {
    openapi: "3.1.1",
    info: { ...defaultInfo, ...info },
    servers,
    security,
    tags: tagsOf(routes),
    paths,
    components: used(paths, {
      schemas: {
        ...sharedSchemas(),
        ...filterSchemas(),
        ...problemSchemas(),
        ...resultSchemas(specs),
        ...Object.assign({}, ...specs.map(resourceSchemas), ...specs.map(actionSchemas)),
      },
      parameters: { ...sharedParameters(), ...Object.assign({}, ...specs.map(filterComponents)) },
      headers: sharedHeaders(),
      responses: problems.components,
      ...(securitySchemes ? { securitySchemes } : {}),
    }),
  };
}

const generalTag = "platform";
const tagOf = ({ spec }: DescribedRoute): string => spec?.name ?? generalTag;

function tagsOf(routes: readonly DescribedRoute[]): readonly Schema[] {
  const told = new Map(routes.map((route) => [tagOf(route), route.spec?.description]));
  const own = routes.flatMap(({ describe }) => describe().tags ?? []);
  return [...new Set([...told.keys(), ...own])].map((name) => ({
    name,
    description: told.get(name) ?? (name === generalTag ? "What stands beside the resources" : name),
  }));
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const camelCase = (text: string): string => text.replace(/[^A-Za-z0-9]+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function operationOf(route: DescribedRoute, problems: ProblemResponses): Schema {
  const { summary, description, requestBody, operationId, tags, open, ...operation } = route.describe();
  const { spec, template, path } = route;
  const parameters = [...pathParameters(path, spec), ...(operation.parameters ?? [])];
  return {
    operationId: operationId ?? camelCase(template) + upperFirst(spec?.name ?? ""),
    summary,
    description: description ?? `${summary}.`,
    tags: tags ?? [tagOf(route)],
    ...(open ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(operation.responses).map(([status, response]) => [status, withRequestId(response)])),
      ...problems.of(operation.problems ?? []),
    },
  };
}

const withRequestId = (response: Schema | { readonly headers?: object }): Schema => ({
  ...response,
  headers: { ...Object(response.headers), "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } },
});

const pathParameters = (path: string, spec: ResourceSpec | undefined): Schema[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...(name === "n"
      ? { description: "Number of a revision", schema: { type: "integer", minimum: 1 } }
      : { description: name === "id" && spec ? `Id: ${spec.names.prefix}_…` : name, schema: { type: "string" } }),
  }));

type Components = Record<string, Readonly<Record<string, unknown>>>;

/** Only what something refers to. */
function used(paths: object, components: Components): Components {
  const wanted = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key !== "$ref" || typeof inner !== "string") visit(inner);
      else if (!wanted.has(inner)) {
        wanted.add(inner);
        const [, , kind = "", name = ""] = inner.split("/");
        visit(components[kind]?.[name]);
      }
    }
  };
  visit(paths);
  return Object.fromEntries(
    Object.entries(components).map(([kind, all]) => [
      kind,
      kind === "securitySchemes"
        ? all
        : Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(`#/components/${kind}/${name}`))),
    ]),
  );
}
