/** GraphiQL with all its assets in one page: 9 MB of text that is loaded when somebody asks for it. */
export class GraphiQL {
  readonly #endpoint: string;
  readonly #firstQuery: () => string;
  #page: Promise<string> | undefined;

  /** @param firstQuery stands in the editor of who has not written a query yet */
  constructor(endpoint: string, firstQuery: () => string) {
    this.#endpoint = endpoint;
    this.#firstQuery = firstQuery;
  }

  page(): Promise<string> {
    this.#page ??= this.#render();
    return this.#page;
  }

  async #render(): Promise<string> {
    const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
    const defaultQuery = this.#firstQuery();
    return renderGraphiQL({ title: "SpecStar", endpoint: this.#endpoint, subscriptionsProtocol: "WS", defaultQuery });
  }
}
