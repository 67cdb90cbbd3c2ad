import { fail } from "../errors.ts";
import type { Resource, RevisionView } from "../manager/resource.ts";
import { Expansion } from "./expansion.ts";
import { FieldSelection } from "./fields.ts";
import { revisionJson } from "./reply.ts";
import type { Call } from "./route-template.ts";

/** What of a resource is answered: paths, as the query string and the body of a search write them. */
export interface Shown {
  readonly fields?: readonly string[] | undefined;
  readonly expand?: readonly string[] | undefined;
}

/** Resources as JSON text: as they are stored, or parts of them (`fields`), or with what they refer to (`expand`). */
export class Representation {
  readonly #fields: FieldSelection | undefined;
  readonly #expansion: Expansion | undefined;

  /**
   * @param asOf where the past is read: what it refers to would be of today
   * @throws BAD_REQUEST for paths that lead nowhere
   */
  constructor(call: Call, { fields, expand }: Shown, asOf?: string) {
    const { spec } = call.manager;
    if (expand && asOf !== undefined)
      throw fail("BAD_REQUEST", "expand shows what is now: leave out asOf, or ask for what is referred to by its own asOf", {
        field: "expand",
      });
    this.#fields = fields && new FieldSelection(spec, fields, "resource");
    this.#expansion = expand && new Expansion(call, spec, expand);
  }

  /** The entity tag of this form of it. Undefined where the answer also depends on other resources. */
  tag(whole: string): string | undefined {
    if (this.#expansion) return undefined;
    return this.#fields ? withSuffix(whole, this.#fields.suffix) : whole;
  }

  async texts(resources: readonly Resource[]): Promise<readonly string[]> {
    const [fields, expansion] = [this.#fields, this.#expansion];
    if (!fields && !expansion) return resources.map(({ json }) => json);
    const shown = resources.map((each) =>
      fields ? fields.resource(each) : { id: each.id, data: each.sharedData, meta: each.meta, revision: each.revision },
    );
    if (!expansion) return shown.map((each) => JSON.stringify(each));
    const data = await expansion.of(shown.map((each) => each.data));
    return shown.map((each, i) => JSON.stringify("data" in each ? { ...each, data: data[i] } : each));
  }
}

/** Revisions as JSON text, whole or in part. */
export class RevisionRepresentation {
  readonly #fields: FieldSelection | undefined;

  constructor({ manager }: Call, { fields }: Pick<Shown, "fields">) {
    this.#fields = fields && new FieldSelection(manager.spec, fields, "revision");
  }

  tag(whole: string): string {
    return this.#fields ? withSuffix(whole, this.#fields.suffix) : whole;
  }

  async texts(revisions: readonly RevisionView[]): Promise<readonly string[]> {
    const fields = this.#fields;
    return fields ? revisions.map((each) => JSON.stringify(fields.revision(each))) : revisions.map(revisionJson);
  }
}

/** Another form of what a strong tag stands for; `If-Match` looks past the suffix. */
export const withSuffix = (tag: string, suffix: string): string => `${tag.slice(0, -1)};${suffix}"`;
