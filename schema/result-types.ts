import type { InterfaceRef, ObjectRef } from "@pothos/core";
import { type ErrorCode, errorCodes, errorTitle, SpecStarError, unionMember } from "../src/errors.ts";
import type { Builder, OutputType, Types } from "./builder.ts";
import type { SharedTypes } from "./shared-types.ts";
import type { TypeNames } from "./type-names.ts";

/** A refusal that is part of a mutation's result. */
export class Failure {
  readonly error: SpecStarError;
  readonly member: string;
  /** Name of the spec and the id that the operation was about. */
  readonly type: string;
  readonly id: string | undefined;

  constructor(error: SpecStarError, member: string, type: string, id: string | undefined) {
    this.error = error;
    this.member = member;
    this.type = type;
    this.id = id;
  }
}

/** The outcome of a mutation: what is a member of its result union is data, all else an entry of `errors`. */
export async function outcome<T>(run: () => Promise<T>, type: string, id: string | undefined): Promise<T | Failure> {
  try {
    return await run();
  } catch (thrown) {
    const failure = failureOf(thrown, type, id);
    if (!failure) throw thrown;
    return failure;
  }
}

/** Undefined for what is no member of result unions. */
export function failureOf(thrown: unknown, type: string, id: string | undefined): Failure | undefined {
  const member = thrown instanceof SpecStarError ? unionMember(thrown.code) : null;
  return member === null || !(thrown instanceof SpecStarError) ? undefined : new Failure(thrown, member, type, id);
}

export interface FailureTypes {
  readonly error: InterfaceRef<Types, Failure>;
  readonly members: readonly ObjectRef<Types, Failure>[];
}

/** `interface Error` and the failures of every mutation, which implement it. */
export function failureTypes(builder: Builder, names: TypeNames, shared: SharedTypes): FailureTypes {
  for (const name of ["Error", "ErrorCode", "Issue", "ReferrerCount"]) names.claim(name, "the platform");
  const values = Object.fromEntries(errorCodes.map((code) => [code, { value: code, description: errorTitle(code) }]));
  const errorCode = builder.enumType("ErrorCode", {
    description: "All codes there are, also those in `extensions.code` of `errors`",
    values,
  });
  const error = builder.interfaceRef<Failure>("Error").implement({
    description: "Why a mutation wrote nothing. Every failure in a result is one",
    resolveType: (failure) => failure.member,
    fields: (t) => ({
      code: t.field({ type: errorCode, resolve: (failure): ErrorCode => failure.error.code }),
      message: t.string({ description: "For people: what is wrong and what to do", resolve: (failure) => failure.error.message }),
    }),
  });
  const issue = builder
    .objectRef<{ readonly path: readonly (string | number)[]; readonly message: string; readonly code: string }>("Issue")
    .implement({
      description: "One thing that is wrong with the data",
      fields: (t) => ({
        path: t.stringList({
          description: "Keys and places in lists, from the root of the data",
          resolve: (source) => source.path.map(String),
        }),
        message: t.exposeString("message"),
        code: t.exposeString("code", { description: "As zod names it" }),
      }),
    });

  const refs = errorCodes.flatMap((code) => {
    const member = unionMember(code);
    if (member === null) return [];
    names.claim(member, "the platform");
    const ref = builder.objectRef<Failure>(member);
    ref.implement({ interfaces: [error], description: errorTitle(code) });
    return [[member, ref] as const];
  });
  const members = new Map(refs);
  const fieldsOf = (name: string) => members.get(name) ?? builder.objectRef<Failure>(name);
  builder.objectField(fieldsOf("ValidationFailed"), "issues", (t) =>
    t.field({ type: [issue], resolve: ({ error: { details } }) => details.issues ?? [] }),
  );
  builder.objectFields(fieldsOf("UniqueViolation"), (t) => ({
    field: t.string({
      nullable: true,
      description: "Dotted path of the field whose value is taken",
      resolve: ({ error: { details } }) => details.field,
    }),
    id: t.id({
      nullable: true,
      description: "Who has the value, where the actor may know",
      resolve: ({ error: { details } }) => details.id,
    }),
  }));
  addReferences(builder, fieldsOf("ReferenceViolation"));
  builder.objectFields(fieldsOf("VersionMismatch"), (t) => ({
    expected: t.int({ description: "The version that was asked for", resolve: ({ error: { details } }) => details.expected ?? 0 }),
    actual: t.int({ description: "The version that it has now", resolve: ({ error: { details } }) => details.actual ?? 0 }),
    current: t.field({
      type: shared.resource,
      nullable: true,
      description: "As it is now: apply the change to this, and try again",
      resolve: ({ type, id }, _args, { loaders }) => (id === undefined ? null : loaders.resource(type, id)),
    }),
  }));
  return { error, members: [...members.values()] };
}

function addReferences(builder: Builder, violation: ObjectRef<Types, Failure>): void {
  const referrers = builder.objectRef<NonNullable<Failure["error"]["details"]["referrers"]>[number]>("ReferrerCount").implement({
    description: "Live resources that refer to another one by one field, as many as the actor may find",
    fields: (t) => ({
      type: t.exposeString("type", { description: "Name of their spec" }),
      field: t.exposeString("field", { description: "Dotted path of the ref" }),
      count: t.exposeInt("count"),
    }),
  });
  builder.objectFields(violation, (t) => ({
    field: t.string({
      nullable: true,
      description: "Dotted path of the ref that leads nowhere",
      resolve: ({ error: { details } }) => details.field,
    }),
    target: t.id({
      nullable: true,
      description: "Id of what is not there, or cannot be removed",
      resolve: ({ error: { details } }) => details.id,
    }),
    referrers: t.field({
      type: [referrers],
      description: "Who refers to what cannot be removed, as far as the actor may know",
      resolve: ({ error: { details } }) => details.referrers ?? [],
    }),
  }));
}

/** `UpdateArticleResult`: the success first, then every failure there is. */
export function resultType(
  builder: Builder,
  name: string,
  success: ObjectRef<Types, object>,
  successName: string,
  failures: readonly ObjectRef<Types, Failure>[],
): OutputType {
  return builder.unionType(name, {
    types: [success, ...failures],
    resolveType: (value) => (value instanceof Failure ? value.member : successName),
  });
}
