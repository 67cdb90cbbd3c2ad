import type { BuiltInOperation } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import { deleteResource } from "./delete.ts";
import { modify } from "./modify.ts";
import { patch } from "./patch.ts";
import { purge } from "./purge.ts";
import { restore } from "./restore.ts";
import { switchRevision } from "./switch.ts";
import { update } from "./update.ts";

/** A write to a resource that exists. */
export function writeOf(scope: Scope, operation: Exclude<BuiltInOperation, { readonly op: "create" | "upsert" }>): Write {
  const { id } = operation;
  switch (operation.op) {
    case "update":
      return update(scope, id, operation.data, operation);
    case "patch":
      return patch(scope, id, operation, operation);
    case "modify":
      return modify(scope, id, operation, operation);
    case "switch":
      return switchRevision(scope, id, operation.revision, operation);
    case "delete":
      return deleteResource(scope, id, operation);
    case "restore":
      return restore(scope, id, operation);
    case "purge":
      return purge(scope, id, operation);
  }
}
