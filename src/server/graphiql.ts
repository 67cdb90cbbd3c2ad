import type { ExampleOperation } from "../../schema/example-operations.ts";

/** GraphiQL with all its assets in one page: 9 MB of text that is loaded when somebody asks for it. */
export class GraphiQL {
  readonly #endpoint: string;
  readonly #examples: () => readonly ExampleOperation[];
  #page: Promise<string> | undefined;

  /** @param examples are the tabs of who has not opened any yet */
  constructor(endpoint: string, examples: () => readonly ExampleOperation[]) {
    this.#endpoint = endpoint;
    this.#examples = examples;
  }

  page(): Promise<string> {
    this.#page ??= this.#render();
    return this.#page;
  }

  async #render(): Promise<string> {
    const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
    return renderGraphiQL({ title: "SpecStar", endpoint: this.#endpoint, subscriptionsProtocol: "WS", defaultTabs: [...this.#examples()] });
  }
}
