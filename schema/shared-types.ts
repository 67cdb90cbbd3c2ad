import type { RevisionDiff } from "../src/manager/operations/diff.ts";
import type { Page } from "../src/manager/page.ts";
import type { Resource, ResourceMeta } from "../src/manager/resource.ts";
import { changeKinds } from "../src/storage/rows.ts";
import type { Builder } from "./builder.ts";
import type { RevisionSource } from "./revision-source.ts";
import type { TypeNames } from "./type-names.ts";

export type SharedTypes = ReturnType<typeof sharedTypes>;

/** Types that every schema has, whatever its specs. */
export function sharedTypes(builder: Builder, names: TypeNames, typeNameOf: (value: Resource | RevisionSource) => string) {
  for (const name of [
    "Node",
    "Resource",
    "ResourceMeta",
    "RevisionStatus",
    "OrderDirection",
    "EventKind",
    "ChangeKind",
    "Blob",
    "PageInfo",
    "RevisionDiff",
    "DiffOperation",
    "JsonPatchOperation",
    "JsonPatchOp",
    "Date",
    "DateTime",
    "SafeInt",
    "JSON",
  ]) {
    names.claim(name, "the platform");
  }

  const status = builder.enumType("RevisionStatus", { values: { DRAFT: { value: "draft" }, STABLE: { value: "stable" } } as const });
  const direction = builder.enumType("OrderDirection", { values: { ASC: { value: "" }, DESC: { value: "-" } } as const });
  const changeKind = builder.enumType("ChangeKind", {
    values: Object.fromEntries(changeKinds.map((kind) => [kind.toUpperCase(), { value: kind }])),
  });
  const eventKind = builder.enumType("EventKind", {
    description:
      "READY is the first event of a subscription: from its cursor on nothing is missed. LEFT: after this change the resource does not match the filter any more. BOOKMARK: nothing that was asked for has happened for a while, only the cursor has moved",
    values: Object.fromEntries(["ready", "left", "bookmark", ...changeKinds].map((kind) => [kind.toUpperCase(), { value: kind }])),
  });

  const meta = builder.objectRef<ResourceMeta>("ResourceMeta").implement({
    fields: (t) => ({
      version: t.exposeInt("version", { description: "Counts every committed change; what ifVersion compares" }),
      createdAt: t.expose("createdAt", { type: "DateTime" }),
      createdBy: t.exposeString("createdBy"),
      updatedAt: t.expose("updatedAt", { type: "DateTime" }),
      updatedBy: t.exposeString("updatedBy"),
      deletedAt: t.expose("deletedAt", { type: "DateTime", nullable: true }),
      revisionCount: t.exposeInt("revisionCount"),
      schemaVersion: t.exposeInt("schemaVersion"),
      status: t.expose("status", { type: status }),
    }),
  });

  const node = builder.interfaceRef<Resource | RevisionSource>("Node").implement({
    resolveType: typeNameOf,
    fields: (t) => ({ id: t.exposeID("id") }),
  });
  const resource = builder.interfaceRef<Resource>("Resource").implement({
    description: "Any resource in its current state",
    interfaces: [node],
    resolveType: typeNameOf,
    fields: (t) => ({ meta: t.field({ type: meta, resolve: (source) => source.meta }) }),
  });

  return { status, direction, changeKind, eventKind, meta, node, resource, pageInfo: pageInfoType(builder), ...diffTypes(builder) };
}

const pageInfoType = (builder: Builder) =>
  builder.objectRef<Page<unknown>>("PageInfo").implement({
    fields: (t) => ({
      hasNextPage: t.exposeBoolean("hasNextPage"),
      hasPreviousPage: t.exposeBoolean("hasPreviousPage"),
      startCursor: t.string({ nullable: true, resolve: (page) => (page.items.length > 0 ? page.cursor(0) : null) }),
      endCursor: t.string({ nullable: true, resolve: (page) => (page.items.length > 0 ? page.cursor(page.items.length - 1) : null) }),
    }),
  });

function diffTypes(builder: Builder) {
  const values = ["add", "remove", "replace", "move", "copy", "test"] as const;
  const op = builder.enumType("JsonPatchOp", { values });
  const operation = builder.objectRef<RevisionDiff["operations"][number]>("DiffOperation").implement({
    fields: (t) => ({
      op: t.expose("op", { type: op }),
      path: t.exposeString("path"),
      from: t.string({ nullable: true, resolve: (source) => ("from" in source ? source.from : null) }),
      value: t.field({ type: "JSON", nullable: true, resolve: (source) => ("value" in source ? source.value : null) }),
    }),
  });
  const diff = builder.objectRef<RevisionDiff>("RevisionDiff").implement({
    fields: (t) => ({
      from: t.exposeInt("from"),
      to: t.exposeInt("to"),
      operations: t.field({ type: [operation], description: "JSON Patch (RFC 6902)", resolve: (source) => source.operations }),
      paths: t.stringList({ description: "Dotted paths of the fields that differ", resolve: (source) => source.paths }),
    }),
  });
  const patchOperation = builder.inputType("JsonPatchOperation", {
    description: "One operation of RFC 6902",
    fields: (t) => ({
      op: t.field({ type: op, required: true }),
      path: t.string({ required: true }),
      from: t.string(),
      value: t.field({ type: "JSON" }),
    }),
  });
  return { diff, patchOperation };
}
