import { fail } from "../errors.ts";
import type { Resource, RevisionView } from "../manager/resource.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { Field } from "../spec/field.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { fieldsAt, mapRefs, PathTree } from "./path-tree.ts";
import type { RootCall } from "./route-template.ts";

const mostPaths = 10;
/** Refs that one path may follow, one behind the other. */
const mostSteps = 3;
/** Of all that stands in place of ids together, in UTF-16 code units. */
const mostText = 8 * 1024 * 1024;

type RefField = Field & { readonly kind: "ref" };
type Found = Resource | RevisionView;

/** Refs whose place in data is to be taken by what they lead to: `author`, `editors`, `author.mentor`. */
export class Expansion {
  readonly #call: Pick<RootCall, "resource" | "limits">;
  readonly #spec: ResourceSpec;
  readonly #tree: PathTree;

  /** @throws BAD_REQUEST for a path that does not end at a ref, and over the limits */
  constructor(call: Pick<RootCall, "resource" | "limits">, spec: ResourceSpec, paths: readonly string[]) {
    this.#call = call;
    this.#spec = spec;
    if (paths.length > mostPaths) throw refused(`takes at most ${mostPaths} paths`);
    for (const path of paths) this.#check(path);
    this.#tree = PathTree.of(paths);
  }

  #check(path: string): void {
    const shown = JSON.stringify(path.slice(0, 100));
    let fields = this.#spec.fields;
    let found: readonly Field[] = [];
    let steps = 0;
    for (const key of path.split(".")) {
      const [ref] = found.filter(isRef);
      if (ref) fields = this.#call.resource(ref.target).spec.fields;
      found = found.length === 0 || ref ? fields.filter(({ name }) => name === key) : found.flatMap((field) => fieldsAt(field, key));
      found = found.map(itemOf);
      if (found.length === 0) throw refused(`${shown} leads to nothing: ${JSON.stringify(key.slice(0, 100))} is not a field there`);
      if (found.some(isRef)) steps += 1;
    }
    if (!found.some(isRef)) throw refused(`${shown} is not a reference to another resource`);
    if (steps > mostSteps) throw refused(`${shown} follows more than ${mostSteps} references`);
  }

  /**
   * For each of these data the same with what its refs lead to; ids stay where there is nothing that the actor may read. One
   * storage call per spec and step, however many there are.
   */
  async of(data: readonly unknown[]): Promise<readonly unknown[]> {
    const found = new Map<string, Found>();
    let wanted = new Wanted();
    for (const each of data) wanted.collect(this.#spec.fields, each, this.#tree);
    while (wanted.size > 0) {
      await this.#load(wanted, found);
      const next = new Wanted();
      for (const [{ target }, id, below] of wanted.all()) {
        const there = found.get(id);
        if (there && !below.isWhole) next.collect(this.#call.resource(target).spec.fields, dataOf(there), below);
      }
      wanted = next;
    }
    let text = 0;
    const show = (fields: readonly Field[], value: unknown, tree: PathTree): unknown =>
      mapRefs(fields, value, tree, ({ target }, id, below) => {
        const there = found.get(id);
        if (!there) return id;
        text += there.json.length;
        if (text > mostText) throw refused(`would answer more than ${mostText} characters. Ask for fewer, or for fields`);
        return envelope(there, show(this.#call.resource(target).spec.fields, dataOf(there), below));
      });
    return data.map((each) => show(this.#spec.fields, each, this.#tree));
  }

  async #load(wanted: Wanted, found: Map<string, Found>): Promise<void> {
    const { expanded } = this.#call.limits;
    const groups = wanted.groups((id) => found.has(id));
    const count = found.size + groups.reduce((sum, { ids }) => sum + ids.length, 0);
    if (count > expanded) throw refused(`would read ${count} resources, and may read ${expanded}. Ask for a smaller page`);
    await Promise.all(
      groups.map(async ({ target, pinned, ids }) => {
        const read = await (pinned ? revisions(this.#call.resource(target), ids) : this.#call.resource(target).getMany(ids));
        for (const [i, id] of ids.entries()) {
          const there = read[i];
          if (there) found.set(id, there);
        }
      }),
    );
  }
}

/** What one step leads to: the refs that name it, each with what is asked behind it. */
class Wanted {
  readonly #ids = new Map<PathTree, Map<string, RefField>>();

  collect(fields: readonly Field[], data: unknown, tree: PathTree): void {
    mapRefs(fields, data, tree, (ref, id, below) => {
      const ids = this.#ids.get(below) ?? new Map<string, RefField>();
      this.#ids.set(below, ids.set(id, ref));
    });
  }

  get size(): number {
    return this.#ids.size;
  }

  all(): readonly (readonly [ref: RefField, id: string, below: PathTree])[] {
    return [...this.#ids].flatMap(([below, ids]) => [...ids].map(([id, ref]) => [ref, id, below] as const));
  }

  /** What has to be read: by spec, revisions by themselves. */
  groups(isThere: (id: string) => boolean): readonly { target: string; pinned: boolean; ids: readonly string[] }[] {
    const groups = new Map<string, { target: string; pinned: boolean; ids: Set<string> }>();
    for (const [{ target, pin }, id] of this.all()) {
      if (isThere(id)) continue;
      const pinned = pin !== undefined;
      const group = groups.get(`${target} ${pinned}`) ?? { target, pinned, ids: new Set<string>() };
      groups.set(`${target} ${pinned}`, group);
      group.ids.add(id);
    }
    return [...groups.values()].map((group) => ({ ...group, ids: [...group.ids] }));
  }
}

function revisions(manager: ResourceManager, ids: readonly string[]): Promise<readonly (RevisionView | undefined)[]> {
  return manager.revisionsAt(
    ids.map((each) => {
      const [id = "", number] = each.split(":");
      return { id, number: Number(number) };
    }),
  );
}

const isRef = (field: Field): field is RefField => field.kind === "ref";
const itemOf = (field: Field): Field => (field.kind === "array" ? itemOf(field.item) : field);
const dataOf = (found: Found): unknown => ("sharedData" in found ? found.sharedData : found.data);
const envelope = (found: Found, data: unknown): object =>
  "sharedData" in found ? { id: found.id, data, meta: found.meta, revision: found.revision } : { ...found.info, data };

const refused = (why: string) => fail("BAD_REQUEST", `expand ${why}`, { field: "expand" });
