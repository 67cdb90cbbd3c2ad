import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import { finding, refusal } from "./graphql-error.ts";
import { checkCost, checkDocument, type GraphQLLimits, type Variables } from "./limits.ts";

/** What clients may learn of the schema besides the answers to their operations. */
interface Shown {
  readonly introspection: boolean;
  /** "Did you mean …" in errors. */
  readonly suggestions: boolean;
}

/** Which operation, and with what. */
interface Asked {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Variables | null | undefined;
}

interface Known {
  readonly text: string;
  readonly document: DocumentNode;
  /** Its cost depends on variables. */
  readonly variable: boolean;
  errors: readonly GraphQLError[] | undefined;
}

/** Text of the documents that are kept for the next request; what they are parsed into is up to 40 times as large. */
const keptCharacters = 1024 * 1024;

/** Parses, checks limits and validates, and remembers the documents that passed: most requests repeat one. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #limits: GraphQLLimits;
  readonly #rules: readonly ValidationRule[];
  readonly #hideSuggestions: boolean;
  readonly #byText = new LRUCache<string, Known>({ maxSize: keptCharacters, sizeCalculation: ({ text }) => text.length + 1 });
  readonly #known = new WeakMap<DocumentNode, Known>();

  constructor(schema: GraphQLSchema, limits: GraphQLLimits, { introspection, suggestions }: Shown) {
    this.#schema = schema;
    this.#limits = limits;
    this.#rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    this.#hideSuggestions = !suggestions;
  }

  /** @throws GraphQLError for syntax errors and whatever is over a limit. */
  parse(text: string): DocumentNode {
    return (this.#byText.get(text) ?? this.#read(text)).document;
  }

  #read(text: string): Known {
    const document = parseDocument(text, this.#limits.tokens);
    const known = { text, document, variable: checkDocument(this.#schema, document, this.#limits), errors: undefined };
    this.#known.set(document, known);
    this.#byText.set(text, known);
    return known;
  }

  /** GraphQL's own rules. Answers the same list for the same document. */
  validate(document: DocumentNode): readonly GraphQLError[] {
    const known = this.#known.get(document);
    if (known?.errors) return known.errors;
    const errors = validate(this.#schema, document, this.#rules, { maxErrors: 20, hideSuggestions: this.#hideSuggestions }).map(finding);
    if (known) known.errors = errors;
    return errors;
  }

  /**
   * What kind of operation it is; undefined where no one operation is meant.
   * @throws GraphQLError where its variables make pages too large.
   */
  checkCost({ document, operationName, variableValues }: Asked): OperationTypeNode | undefined {
    const operation = operationOf(document, operationName);
    if (operation && this.#known.get(document)?.variable !== false)
      checkCost(this.#schema, document, operation, variableValues ?? {}, this.#limits);
    return operation?.operation;
  }
}

function parseDocument(text: string, tokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens: tokens });
  } catch (thrown) {
    if (!(thrown instanceof GraphQLError)) throw refusal("BAD_REQUEST", "The document is nested too deep to be parsed");
    if (thrown.message.includes(`more than ${tokens} tokens`))
      throw refusal("BAD_REQUEST", `The document is over the limit of ${tokens} tokens`);
    throw finding(thrown);
  }
}

/** The operation to run, undefined where the name does not single one out. */
export function operationOf(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!name) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((operation) => operation.name?.value === name);
}
