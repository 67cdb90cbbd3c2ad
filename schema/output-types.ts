import { fail } from "../src/errors.ts";
import type { Field } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import { refIdName } from "../src/spec/names.ts";
import type { Ref } from "../src/spec/ref.ts";
import type { BlobRow } from "../src/storage/rows.ts";
import { listOf, type OutputField, type OutputType, outputFields } from "./builder.ts";
import type { GraphQLContext } from "./context.ts";
import { type Derivation, onceOf, type ResourceTypes } from "./derivation.ts";
import { described, enumType, leafOf, leafType } from "./leaf-types.ts";
import type { RevisionKey } from "./loaders.ts";
import { type PastData, RevisionSource } from "./revision-source.ts";
import { maker, typeNamePart } from "./type-names.ts";

export type Data = Readonly<Record<string, unknown>>;

/** How the fields of a type find their data in its source, and the instant at which refs resolve. */
export interface SourceView {
  /** Refs lead to revisions of the past instead of current resources. */
  readonly past: boolean;
  readonly data: (source: never) => Data;
  readonly at: (source: never) => string;
}

/** Where fields become GraphQL fields. */
export interface OutputPlace {
  readonly derivation: Derivation;
  readonly resource: string;
  /** What names of nested types begin with: `Article`, `ArticleAddress`. */
  readonly prefix: string;
  /** The same where refs lead to the past: `ArticleData`, `ArticleDataAddress`. */
  readonly pastPrefix: string;
  readonly view: SourceView;
}

export interface Output {
  readonly type: OutputType;
  /** From the value in the data to the source of its type; absent where they are the same. */
  readonly change?: (value: unknown, at: string, context: GraphQLContext) => unknown;
}

/** The GraphQL fields of these fields. A ref gives two: its object, and its raw id; a list of refs both as lists. */
export function outputFieldsOf(place: OutputPlace, fields: readonly Field[]): Record<string, OutputField> {
  const { view, resource } = place;
  const made = new Map<string, OutputField>();
  for (const field of fields) {
    const notes = { description: field.description, deprecationReason: field.deprecated };
    const nullable = field.optional || field.nullable;
    const read = (source: never): unknown => view.data(source)[field.name];
    const add = (name: string, output: OutputField) => {
      if (made.has(name))
        throw fail(
          "BAD_REQUEST",
          `The GraphQL field ${name} would be made twice, by ${maker(resource, field.path)} and by a neighbour. Rename one`,
          { resource, field: field.path },
        );
      made.set(name, { ...notes, ...output });
    };
    const { type, change } = outputOf(place, field);
    const leaf = leafOf(field);
    if (leaf.kind === "ref")
      add(field.name, {
        type: listedAs(field, targetType(place, leaf)),
        nullable: field.kind === "ref" || nullable,
        resolve: refResolver(view, leaf, read),
      });
    add(leaf.kind === "ref" ? refIdName(field.name, field.kind === "array") : field.name, {
      type,
      nullable,
      resolve: change ? (source, _args, context) => ifPresent(read(source), (value) => change(value, view.at(source), context)) : read,
    });
  }
  return Object.fromEntries(made);
}

const ifPresent = (value: unknown, change: (value: unknown) => unknown): unknown =>
  value === undefined || value === null ? null : change(value);

/** In lists null stands for what is deleted or was never there, so that they are as long as those of the ids. */
const listedAs = (field: Field, type: OutputType): OutputType =>
  field.kind === "array" ? listOf(listedAs(field.item, type), field.item.kind === "ref" || field.item.nullable) : type;

function targetType({ derivation, resource, view }: OutputPlace, { target, pin }: Ref): ResourceTypes["resource" | "revision"] {
  const types = derivation.resources.get(target);
  if (!types)
    throw fail(
      "BAD_REQUEST",
      `Resource ${resource} refers to ${target}, which is not among the resources of this platform. Add it to the list`,
      { resource },
    );
  return view.past || pin ? types.revision : types.resource;
}

function refResolver({ past, at }: SourceView, { target, pin }: Ref, read: (source: never) => unknown): OutputField["resolve"] {
  return (source, _args, { loaders }) => {
    const revision = async (key: RevisionKey, asOf?: string) => {
      const view = await loaders.revision(target, key);
      return view && new RevisionSource(view, asOf);
    };
    const resolve = (id: string) => {
      if (pin) return revision(revisionKey(id));
      return past ? revision({ id, asOf: at(source) }, at(source)) : loaders.resource(target, id);
    };
    const inLists = (value: unknown): unknown =>
      Array.isArray(value) ? value.map((each) => ifPresent(each, inLists)) : resolve(String(value));
    return ifPresent(read(source), inLists);
  };
}

/** `article_…:3`, as the spec has checked it. */
function revisionKey(revisionId: string): RevisionKey {
  const [id = "", number] = revisionId.split(":");
  return { id, number: Number(number) };
}

/** What a field is in GraphQL, and what its value becomes on the way. */
function outputOf(place: OutputPlace, field: Field): Output {
  switch (field.kind) {
    case "array":
      return arrayOf(place, field.item);
    case "blob":
      return { type: blobType(place.derivation), change: (id, _at, { loaders }) => loaders.blob(String(id)) };
    case "object":
      return field.fields.length === 0 ? { type: "JSON" } : objectOf(place, field);
    case "union":
      return unionOf(place, field);
    default:
      return { type: leafType(place, field) };
  }
}

const blobType = (derivation: Derivation): OutputType =>
  onceOf(derivation.outputs, derivation, "Blob", "the platform", () =>
    derivation.builder.objectRef<BlobRow>("Blob").implement({
      description: "What is known of uploaded bytes",
      fields: (t) => ({
        id: t.exposeID("id"),
        url: t.string({
          description: "The path to get the bytes from",
          nullable: false,
          resolve: ({ id }, _args, { blobUrl }) => blobUrl(id),
        }),
        size: t.expose("size", { type: "SafeInt", description: "Bytes" }),
        contentType: t.exposeString("contentType"),
        hash: t.exposeString("hash", { description: "sha256: and hex, over the bytes" }),
      }),
    }),
  );

function arrayOf(place: OutputPlace, item: Field): Output {
  const { type, change } = outputOf(place, item);
  const list = listOf(type, item.nullable);
  if (!change) return { type: list };
  return {
    type: list,
    change: (values, at, context) =>
      Array.isArray(values) ? values.map((value) => ifPresent(value, (present) => change(present, at, context))) : null,
  };
}

type ObjectField = Field & { readonly kind: "object" };
type UnionField = Field & { readonly kind: "union" };

export const plainView: SourceView = { past: false, data: (source: Data) => source, at: () => "" };
export const pastView: SourceView = { past: true, data: (source: PastData) => source.data, at: (source: PastData) => source.at };

const toPast = (value: unknown, at: string): PastData => ({ data: Object(value), at });

/** A nested type is the same in a resource and in its revisions, unless a ref in it leads on. */
export function objectOf(place: OutputPlace, field: ObjectField): Output {
  const inner = inside(place, upperFirst(field.name), place.view.past && holdsRef(field.fields));
  const type = objectType(inner, field.fields, maker(place.resource, field.path), field.description);
  return inner.view.past ? { type, change: toPast } : { type };
}

export function unionOf(place: OutputPlace, field: UnionField): Output {
  const { derivation, resource } = place;
  const { discriminator, variants, path } = field;
  const inner = inside(place, upperFirst(field.name), place.view.past && variants.some((variant) => holdsRef(variant.fields)));
  const { view } = inner;
  const tagOf = (source: never): string => String(view.data(source)[discriminator]);
  // All variants share one enum: fields of one name in several members of a union must be of one type.
  const tags = enumType(
    derivation,
    inner.prefix + upperFirst(discriminator),
    variants.map((variant) => variant.tag),
    maker(resource, `${path}.${discriminator}`),
  );
  const types = new Map(
    variants.map(({ tag, fields, description }) => {
      const rest = fields.filter((each) => each.name !== discriminator);
      const variant = inside(inner, typeNamePart(tag), view.past);
      return [
        tag,
        objectType(variant, rest, maker(resource, `${path} (${tag})`), description, { [discriminator]: { type: tags, resolve: tagOf } }),
      ];
    }),
  );
  const name = view.past ? inner.pastPrefix : inner.prefix;
  const type = onceOf(derivation.outputs, derivation, name, maker(resource, path), () =>
    derivation.builder.unionType(name, {
      ...described(field.description),
      types: [...types.values()],
      resolveType: (source: never) => types.get(tagOf(source)),
    }),
  );
  return view.past ? { type, change: toPast } : { type };
}

function inside({ derivation, resource, prefix, pastPrefix }: OutputPlace, part: string, past: boolean): OutputPlace {
  return { derivation, resource, prefix: prefix + part, pastPrefix: pastPrefix + part, view: past ? pastView : plainView };
}

function objectType(
  place: OutputPlace,
  fields: readonly Field[],
  madeBy: string,
  description?: string,
  first: Readonly<Record<string, OutputField>> = {},
) {
  const { derivation, view } = place;
  const name = view.past ? place.pastPrefix : place.prefix;
  return onceOf(derivation.objects, derivation, name, madeBy, () => {
    const made = outputFieldsOf(place, fields);
    return derivation.builder
      .objectRef<never>(name)
      .implement({ ...described(description), fields: (t) => outputFields(t, { ...first, ...made }) });
  });
}

function holdsRef(fields: readonly Field[]): boolean {
  return fields.some((field) => {
    const leaf = leafOf(field);
    if (leaf.kind === "object") return holdsRef(leaf.fields);
    return leaf.kind === "union" ? leaf.variants.some((variant) => holdsRef(variant.fields)) : field.kind === "ref";
  });
}
