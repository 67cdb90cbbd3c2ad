import canonicalize from "canonicalize";
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  Kind,
  mapSourceToResponseEvent,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
  visit,
} from "graphql";
import type { FeedEvent } from "../src/feed/feed-event.ts";
import { StreamEvent } from "./event-stream.ts";

/** Makes of a result what clients see. */
type Show = (result: ExecutionResult, contextValue: unknown) => ExecutionResult;

/**
 * Runs subscriptions. What one object of the feed is told to is one actor who asked for one thing, however many connections it
 * has: where document and variables are the same too, the event is executed once, and all are given that result.
 */
export class SharedExecutions {
  readonly #show: Show;
  /** Forgotten with the event. */
  readonly #results = new WeakMap<FeedEvent, Map<string, Promise<ExecutionResult>>>();
  readonly #documents = new WeakMap<DocumentNode, string>();
  #count = 0;

  constructor(show: Show) {
    this.#show = show;
  }

  async subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
    const validated = validateSubscriptionArgs(args);
    if (!("operation" in validated)) return { errors: validated };
    const events = await createSourceEventStream(validated);
    if (!(Symbol.asyncIterator in events)) return events;
    const key = this.#keyOf(validated);
    return mapSourceToResponseEvent(validated, events, (each) => this.#execute(key, each));
  }

  #execute(key: string, args: ValidatedSubscriptionArgs): Promise<ExecutionResult> {
    const { rootValue } = args;
    // What other subscriptions yield says nothing of whom it is for.
    if (!(rootValue instanceof StreamEvent)) return this.#run(args);
    const results = this.#results.get(rootValue.event) ?? new Map<string, Promise<ExecutionResult>>();
    this.#results.set(rootValue.event, results);
    const result = results.get(key) ?? this.#run(args);
    results.set(key, result);
    return result;
  }

  async #run(args: ValidatedSubscriptionArgs): Promise<ExecutionResult> {
    return this.#show(await executeSubscriptionEvent(args), args.contextValue);
  }

  /** All that a result depends on besides the event and its actor. */
  #keyOf({ document, operation, rawVariableValues = {} }: ValidatedSubscriptionArgs): string {
    const number = this.#documents.get(document) ?? String(++this.#count);
    this.#documents.set(document, number);
    const variables = { ...rawVariableValues };
    const start = startVariable(document);
    if (start !== undefined) delete variables[start];
    return `${number} ${operation.name?.value ?? ""} ${canonicalize(variables) ?? ""}`;
  }
}

/** The variable that says where a subscription starts, and nothing else. */
function startVariable(document: DocumentNode): string | undefined {
  let start: string | undefined;
  const uses = new Map<string, number>();
  visit(document, {
    OperationDefinition: ({ selectionSet }) => {
      for (const field of selectionSet.selections) {
        const after = field.kind === Kind.FIELD ? field.arguments?.find(({ name }) => name.value === "after")?.value : undefined;
        if (after?.kind === Kind.VARIABLE) start = after.name.value;
      }
    },
    Variable: ({ name: { value } }) => void uses.set(value, (uses.get(value) ?? 0) + 1),
  });
  // Its definition, and that use.
  return start !== undefined && uses.get(start) === 2 ? start : undefined;
}
