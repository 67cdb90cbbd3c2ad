import { hash } from "node:crypto";
import { GraphQLError } from "graphql";
import { LRUCache } from "lru-cache";
import { fail } from "../src/errors.ts";
import type { Documents } from "./documents.ts";
import { persistedQueryNotFound, refusal } from "./graphql-error.ts";

export interface PersistedOptions {
  /**
   * The only operations that are run, by the id that clients send in place of a document: what the persisted-operations
   * option of a client's compiler writes.
   */
  readonly only?: Readonly<Record<string, string>>;
}

type Extensions = Readonly<Record<string, unknown>>;

/** Text of the documents that are kept for clients who send only a hash. */
const keptCharacters = 1024 * 1024;
const longestId = 200;

/** Which document a request means: its own, one that was sent before and is known by its SHA-256, or one of a closed list. */
export class PersistedOperations {
  readonly #byHash = new LRUCache<string, string>({ maxSize: keptCharacters, sizeCalculation: (text) => text.length + 1 });
  readonly #only: ReadonlyMap<string, string> | undefined;
  readonly #allowed: ReadonlySet<string>;

  /** @throws BAD_REQUEST for an operation of the list that does not fit the schema or is over a limit. */
  constructor(documents: Documents, { only }: PersistedOptions) {
    this.#only = only && new Map(Object.entries(only));
    this.#allowed = new Set(this.#only?.values());
    for (const [id, text] of this.#only ?? []) checkListed(documents, id, text);
  }

  /** @throws GraphQLError, also PERSISTED_QUERY_NOT_FOUND, after which the client sends the document once. */
  documentOf(query: string | undefined, extensions: Extensions | undefined): string {
    const id = persistedId(extensions?.persistedQuery);
    if (query === undefined && id === undefined) throw refusal("BAD_REQUEST", "query must hold a GraphQL document");
    if (this.#only) return this.#listed(query, id);
    if (id === undefined) return query ?? "";
    const known = this.#byHash.get(id);
    if (query === undefined || query === known) return known ?? notFound();
    if (hash("sha256", query) !== id) throw refusal("BAD_REQUEST", "persistedQuery.sha256Hash is not the SHA-256 of query");
    this.#byHash.set(id, query);
    return query;
  }

  #listed(query: string | undefined, id: string | undefined): string {
    const text = id === undefined ? query : this.#only?.get(id);
    if (text === undefined || !this.#allowed.has(text) || (query !== undefined && query !== text))
      throw refusal("FORBIDDEN", "This server runs only the operations of its list, and this is none of them");
    return text;
  }
}

const notFound = (): never => {
  throw persistedQueryNotFound();
};

/** What Apollo's protocol sends: `{ version: 1, sha256Hash }`. */
function persistedId(asked: unknown): string | undefined {
  if (asked === undefined || asked === null) return undefined;
  const { version, sha256Hash }: Record<string, unknown> = Object(asked);
  if (version !== 1) throw refusal("BAD_REQUEST", "persistedQuery.version must be 1");
  if (typeof sha256Hash === "string" && sha256Hash !== "" && sha256Hash.length <= longestId) return sha256Hash;
  throw refusal("BAD_REQUEST", "persistedQuery.sha256Hash must be the hash of a document, or its id in the server's list");
}

function checkListed(documents: Documents, id: string, text: string): void {
  const refuse = (error: GraphQLError | undefined) => {
    if (error) throw fail("BAD_REQUEST", `createPlatform: graphql.persisted.only, operation ${id}: ${error.message}`, { field: id });
  };
  try {
    refuse(documents.validate(documents.parse(text))[0]);
  } catch (thrown) {
    refuse(thrown instanceof GraphQLError ? thrown : undefined);
    throw thrown;
  }
}
