import { fail, type SpecStarError } from "../errors.ts";
import { indexable } from "./column.ts";
import type { Field } from "./field.ts";
import type { ResourceSpec } from "./resource.ts";

/** Why there is no column of that name. */
export function notIndexed(spec: ResourceSpec, at: string): SpecStarError {
  const shown = at.slice(0, 100);
  const place = { resource: spec.name, field: shown };
  const field = fieldAt(spec.fields, at.split("."));
  const unknown = (message: string) => fail("BAD_REQUEST", message, { field: shown });
  if (!field) return unknown(`Resource ${spec.name} has no field ${JSON.stringify(shown)} to filter, sort or group by`);
  const ref = spec.columns.find(({ path, key }) => key !== at && path.join(".") === at);
  if (ref) return unknown(`Field ${shown} of ${spec.name} is a ref: filter, sort and group by its id, ${ref.key}`);
  const paths = indexable([field]);
  if (paths.length === 0)
    return fail(
      "NOT_INDEXED",
      `Field ${shown} of ${spec.name} cannot be filtered, sorted or grouped by: ${field.path} is ${kindInWords(field)}`,
      place,
    );
  if (field.kind === "object")
    return fail(
      "NOT_INDEXED",
      `Field ${shown} of ${spec.name} is an object: filter, sort and group by what it holds: ${paths.join(", ")}`,
      place,
    );
  return fail(
    "NOT_INDEXED",
    `Field ${shown} of ${spec.name} is not indexed. Add it to the spec: index: [${JSON.stringify(field.path)}]`,
    place,
  );
}

/** The field of a path; on the way to a member of a record, a list or a union that field itself. */
function fieldAt(fields: readonly Field[], [head, ...rest]: readonly string[]): Field | undefined {
  const field = fields.find((each) => each.name === head || (each.kind === "ref" && each.idName === head));
  if (!field || rest.length === 0) return field;
  if (field.kind === "object") return fieldAt(field.fields, rest);
  return indexable([field]).length === 0 ? field : undefined;
}

/** Of fields that have nothing to compare. */
function kindInWords(field: Field): string {
  if (field.kind === "array") return field.item.kind === "array" ? "a list of lists" : `a list of ${field.item.kind}s`;
  return field.kind === "object" ? "an object without comparable fields" : `a ${field.kind}`;
}
