import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode, parse, validate } from "graphql";
import { finding, refusal } from "./graphql-error.ts";
import { type GraphQLLimits, type Variables, checkCost, checkDocument } from "./limits.ts";

interface Known {
  readonly document: DocumentNode;
  errors: readonly GraphQLError[] | undefined;
}

/** Documents kept for the next request: so many, each no longer than that. */
const kept = { documents: 1000, characters: 16_384 };

/** Parses, checks limits and validates, and remembers the documents that passed: most requests repeat one. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #limits: GraphQLLimits;
  readonly #byText = new Map<string, Known>();
  readonly #known = new WeakMap<DocumentNode, Known>();

  constructor(schema: GraphQLSchema, limits: GraphQLLimits) {
    this.#schema = schema;
    this.#limits = limits;
  }

  /** @throws GraphQLError for syntax errors and whatever is over a limit. */
  parse(text: string): DocumentNode {
    const known = this.#byText.get(text);
    if (known) {
      this.#keep(text, known);
      return known.document;
    }
    const document = parseDocument(text, this.#limits.tokens);
    checkDocument(this.#schema, document, this.#limits);
    const fresh: Known = { document, errors: undefined };
    this.#known.set(document, fresh);
    if (text.length <= kept.characters) this.#keep(text, fresh);
    return document;
  }

  /** GraphQL's own rules. Answers the same list for the same document. */
  validate(document: DocumentNode): readonly GraphQLError[] {
    const known = this.#known.get(document);
    if (known?.errors) return known.errors;
    const errors = validate(this.#schema, document, undefined, { maxErrors: 20 }).map(finding);
    if (known) known.errors = errors;
    return errors;
  }

  /** @throws GraphQLError where the variables make pages too large. */
  checkCost(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): void {
    if (operation.variableDefinitions && operation.variableDefinitions.length > 0) checkCost(this.#schema, document, operation, variables, this.#limits);
  }

  /** The map is in order of use: what was not used for longest goes first. */
  #keep(text: string, known: Known): void {
    this.#byText.delete(text);
    this.#byText.set(text, known);
    if (this.#byText.size <= kept.documents) return;
    for (const oldest of this.#byText.keys()) {
      this.#byText.delete(oldest);
      return;
    }
  }
}

function parseDocument(text: string, tokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens: tokens });
  } catch (thrown) {
    if (!(thrown instanceof GraphQLError)) throw refusal("BAD_REQUEST", "The document is nested too deep to be parsed");
    if (thrown.message.includes(`more than ${tokens} tokens`)) throw refusal("BAD_REQUEST", `The document is over the limit of ${tokens} tokens`);
    throw finding(thrown);
  }
}

/** The operation to run, undefined where the name does not single one out. */
export function operationOf(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!name) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((operation) => operation.name?.value === name);
}
