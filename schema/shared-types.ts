import type { RevisionDiff } from "../src/manager/operations/diff.ts";
import type { Page } from "../src/manager/page.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { ResourceMeta } from "../src/spec/resource-state.ts";
import type { ChangeKind } from "../src/storage/rows.ts";
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

  const status = builder.enumType("RevisionStatus", {
    description: "Whether a revision may still change",
    values: {
      DRAFT: { value: "draft", description: "May be modified in place" },
      STABLE: { value: "stable", description: "Never changes" },
    } as const,
  });
  const direction = builder.enumType("OrderDirection", {
    values: {
      ASC: { value: "", description: "Smallest first; missing and null last" },
      DESC: { value: "-", description: "Largest first; missing and null last" },
    } as const,
  });
  const changeKind = builder.enumType("ChangeKind", { description: "What a change did", values: kindValues(changes) });
  const eventKind = builder.enumType("EventKind", {
    description: "What an event of a subscription tells: a change, or where the subscription stands",
    values: kindValues({ ...signals, ...changes }),
  });

  const meta = builder.objectRef<ResourceMeta>("ResourceMeta").implement({
    description: "What is known of a resource besides its data",
    fields: (t) => ({
      version: t.exposeInt("version", { description: "Counts every committed change; what ifVersion compares" }),
      createdAt: t.expose("createdAt", { type: "DateTime" }),
      createdBy: t.exposeString("createdBy", { description: "Id of the actor" }),
      updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When the last change of any kind was committed" }),
      updatedBy: t.exposeString("updatedBy", { description: "Id of the actor" }),
      deletedAt: t.expose("deletedAt", { type: "DateTime", nullable: true, description: "Null unless it is deleted" }),
      revisionCount: t.exposeInt("revisionCount"),
      schemaVersion: t.exposeInt("schemaVersion", { description: "Of the schema that the current revision was written with" }),
      status: t.expose("status", { type: status, description: "Of the current revision" }),
    }),
  });

  const node = builder.interfaceRef<Resource | RevisionSource>("Node").implement({
    description: "What has an id of its own: a resource or a revision",
    resolveType: typeNameOf,
    fields: (t) => ({ id: t.exposeID("id", { description: "The same over REST and in TypeScript" }) }),
  });
  const resource = builder.interfaceRef<Resource>("Resource").implement({
    description: "Any resource in its current state",
    interfaces: [node],
    resolveType: typeNameOf,
    fields: (t) => ({ meta: t.field({ type: meta, description: "What is known besides the data", resolve: (source) => source.meta }) }),
  });

  return { status, direction, changeKind, eventKind, meta, node, resource, pageInfo: pageInfoType(builder), ...diffTypes(builder) };
}

const changes: Readonly<Record<ChangeKind, string>> = {
  created: "There is a first revision",
  updated: "There is a new revision, by an update, a patch or an upsert",
  modified: "A draft was replaced in place, or changed its status",
  switched: "Another revision became the current one",
  deleted: "It has a deletion mark; its revisions stay",
  restored: "The deletion mark is gone",
  purged: "It is gone for good, with all revisions",
};

const signals = {
  ready: "The first event of a subscription: from its cursor on nothing is missed",
  left: "After this change the resource does not match the filter any more",
  bookmark: "Nothing that was asked for has happened for a while; only the cursor has moved",
};

const kindValues = (kinds: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(kinds).map(([kind, description]) => [kind.toUpperCase(), { value: kind, description }]));

const pageInfoType = (builder: Builder) =>
  builder.objectRef<Page<unknown>>("PageInfo").implement({
    description: "Where a page stands among all that match",
    fields: (t) => ({
      hasNextPage: t.exposeBoolean("hasNextPage"),
      hasPreviousPage: t.exposeBoolean("hasPreviousPage"),
      startCursor: t.string({
        nullable: true,
        description: "For `before` of the previous page; null on an empty one",
        resolve: (page) => (page.items.length > 0 ? page.cursor(0) : null),
      }),
      endCursor: t.string({
        nullable: true,
        description: "For `after` of the next page; null on an empty one",
        resolve: (page) => (page.items.length > 0 ? page.cursor(page.items.length - 1) : null),
      }),
    }),
  });

const pointer = "JSON Pointer into the data (RFC 6901): /tags/0";

function diffTypes(builder: Builder) {
  const values = ["add", "remove", "replace", "move", "copy", "test"] as const;
  const op = builder.enumType("JsonPatchOp", { description: "As RFC 6902 names them", values });
  const operation = builder.objectRef<RevisionDiff["operations"][number]>("DiffOperation").implement({
    description: "One operation of RFC 6902",
    fields: (t) => ({
      op: t.expose("op", { type: op }),
      path: t.exposeString("path", { description: pointer }),
      from: t.string({ nullable: true, resolve: (source) => ("from" in source ? source.from : null) }),
      value: t.field({ type: "JSON", nullable: true, resolve: (source) => ("value" in source ? source.value : null) }),
    }),
  });
  const diff = builder.objectRef<RevisionDiff>("RevisionDiff").implement({
    description: "What differs between two revisions of a resource",
    fields: (t) => ({
      from: t.exposeInt("from", { description: "Number of the revision that it begins with" }),
      to: t.exposeInt("to", { description: "Number of the revision that it leads to" }),
      operations: t.field({ type: [operation], description: "JSON Patch (RFC 6902)", resolve: (source) => source.operations }),
      paths: t.stringList({ description: "Dotted paths of the fields that differ", resolve: (source) => source.paths }),
    }),
  });
  const patchOperation = builder.inputType("JsonPatchOperation", {
    description: "One operation of RFC 6902",
    fields: (t) => ({
      op: t.field({ type: op, required: true }),
      path: t.string({ required: true, description: pointer }),
      from: t.string({ description: "For move and copy: where the value is taken from" }),
      value: t.field({ type: "JSON", description: "For add, replace and test" }),
    }),
  });
  return { diff, patchOperation };
}
