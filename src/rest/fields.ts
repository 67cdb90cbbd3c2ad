import { createHash } from "node:crypto";
import { fail } from "../errors.ts";
import type { Resource, RevisionInfo, RevisionView } from "../manager/resource.ts";
import type { Field } from "../spec/field.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { ResourceMeta } from "../spec/resource-state.ts";
import { fieldsAt, PathTree } from "./path-tree.ts";

const mostPaths = 100;

const metaParts: Record<keyof ResourceMeta, true> = {
  version: true,
  createdAt: true,
  createdBy: true,
  updatedAt: true,
  updatedBy: true,
  deletedAt: true,
  revisionCount: true,
  schemaVersion: true,
  status: true,
};
const revisionParts: Record<keyof RevisionInfo, true> = {
  id: true,
  number: true,
  parent: true,
  status: true,
  hash: true,
  createdAt: true,
  createdBy: true,
  updatedAt: true,
  updatedBy: true,
  schemaVersion: true,
};

/** The parts of an envelope that a client asks for by `fields`: paths of the data, `meta`, `revision`, or parts of these. The id is always there. */
export class FieldSelection {
  /** What tells this representation from others of the same version, in entity tags. */
  readonly suffix: string;
  readonly #data: PathTree;
  readonly #meta: PathTree | undefined;
  readonly #revision: PathTree | undefined;

  /**
   * @param paths as the client wrote them
   * @param of what is shown: a revision has no `meta`
   * @throws BAD_REQUEST for a path that leads nowhere
   */
  constructor(spec: ResourceSpec, paths: readonly string[], of: "resource" | "revision") {
    if (paths.length > mostPaths) throw fail("BAD_REQUEST", `fields takes at most ${mostPaths} paths`, { field: "fields" });
    for (const path of paths)
      if (!isKnown(spec, path, of))
        throw fail(
          "BAD_REQUEST",
          `fields: ${JSON.stringify(path.slice(0, 100))} is nothing that ${spec.name} has. ${knownPaths(spec, of)}`,
          {
            resource: spec.name,
            field: "fields",
          },
        );
    const tree = PathTree.of(paths);
    this.#data = tree.without(["id", "meta", "revision"]);
    this.#meta = tree.at("meta");
    this.#revision = tree.at("revision");
    this.suffix = `fields-${createHash("sha256")
      .update([...new Set(paths)].sort().join())
      .digest("hex")
      .slice(0, 16)}`;
  }

  resource(resource: Resource): { id: string; data?: unknown; meta?: unknown; revision?: unknown } {
    return {
      id: resource.id,
      ...this.#dataOf(() => resource.sharedData),
      ...(this.#meta ? { meta: this.#meta.pick(resource.meta) } : {}),
      ...(this.#revision ? { revision: this.#revision.pick(resource.revision) } : {}),
    };
  }

  revision(revision: RevisionView): object {
    const info = this.#revision ? Object(this.#revision.pick(revision.info)) : {};
    return { id: revision.id, ...info, ...this.#dataOf(() => revision.data) };
  }

  /** Data that nobody asks for is not parsed. */
  #dataOf(data: () => unknown): { data?: unknown } {
    return this.#data.isWhole ? {} : { data: this.#data.pick(data()) };
  }
}

function isKnown({ fields }: ResourceSpec, path: string, of: "resource" | "revision"): boolean {
  const [head = "", ...rest] = path.split(".");
  const parts = head === "meta" && of === "resource" ? metaParts : head === "revision" ? revisionParts : undefined;
  if (path === "id" || (parts && rest.length === 0)) return true;
  if (parts) return rest.length === 1 && Object.hasOwn(parts, rest[0] ?? "");
  let found: readonly Field[] = fields.filter(({ name }) => name === head);
  for (const key of rest) found = found.flatMap((field) => fieldsAt(field, key));
  return found.length > 0;
}

function knownPaths({ fields }: ResourceSpec, of: "resource" | "revision"): string {
  const names = [...fields.slice(0, 30).map(({ name }) => name), "id", ...(of === "resource" ? ["meta"] : []), "revision"];
  return `There is: ${names.join(", ")}, and with dots what is in them: revision.number`;
}
