import { applyPatch as applyOperations, type Operation, Pointer } from "rfc6902";
import { fail, type SpecStarError } from "../errors.ts";
import type { JsonPatchOperation } from "../spec/patch.ts";
import { hostileKeys } from "../spec/walk-data.ts";

/** The same with its paths below the document, whatever its kind. */
interface Step {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export const patchLimits = { operations: 256, bytes: 1024 * 1024 };

const needsValue: ReadonlySet<string> = new Set(["add", "replace", "test"]);
const needsFrom: ReadonlySet<string> = new Set(["move", "copy"]);
const known: ReadonlySet<string> = new Set([...needsValue, ...needsFrom, "remove"]);

/**
 * Applies JSON Patch (RFC 6902) to a copy of the data, all operations or none.
 * @throws BAD_REQUEST for a malformed patch or one that grows past the limits, CONFLICT (with the operation's index) where a
 * path is missing or a `test` fails.
 */
export function applyPatch(data: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (!Array.isArray(operations)) throw fail("BAD_REQUEST", "A JSON Patch is a list of operations");
  if (operations.length > patchLimits.operations)
    throw fail("BAD_REQUEST", `A JSON Patch has at most ${patchLimits.operations} operations`);
  // Below a member of its own, the whole data can be replaced like any other value.
  const document = { data: structuredClone(data) };
  let bytes = jsonBytes(data);
  for (const [index, each] of operations.entries()) {
    const operation = rooted(each, index);
    const target = walk(document, operation.path, index, operation.op === "add" || needsFrom.has(operation.op));
    if (operation.op === "test" && target === undefined) throw conflict(index, "the path does not exist");
    if (operation.from !== undefined) {
      const source = walk(document, operation.from, index, false);
      if (operation.op === "copy") bytes += jsonBytes(source);
      if (bytes > patchLimits.bytes) throw fail("BAD_REQUEST", `Operation ${index} makes the data larger than ${patchLimits.bytes} bytes`);
    }
    const [error] = applyOperations(document, [operation as Operation]);
    if (error) throw conflict(index, operation.op === "test" ? "the test failed" : "the path does not exist");
  }
  return document.data;
}

const conflict = (index: number, why: string): SpecStarError =>
  fail("CONFLICT", `JSON Patch operation ${index}: ${why}. Nothing was changed`, { reason: "patch", field: String(index) });
const malformed = (index: number, why: string): SpecStarError =>
  fail("BAD_REQUEST", `JSON Patch operation ${index}: ${why}`, { field: String(index) });

/** The operation with its paths below `/data`. */
function rooted(operation: unknown, index: number): Step {
  if (typeof operation !== "object" || operation === null) throw malformed(index, "not an object");
  const { op, path, from, value } = operation as Partial<Step>;
  if (typeof op !== "string" || !known.has(op)) throw malformed(index, `op is one of ${[...known].join(", ")}`);
  if (!isPointer(path)) throw malformed(index, "path is no JSON Pointer");
  if (needsValue.has(op) && value === undefined) throw malformed(index, `${op} needs a value`);
  if (holdsHostileKey(value)) throw malformed(index, `the value must not hold ${[...hostileKeys].join(", ")}`);
  if (!needsFrom.has(op)) return { op, path: `/data${path}`, value };
  if (!isPointer(from)) throw malformed(index, `${op} needs a from that is a JSON Pointer`);
  if (op === "move" && path.startsWith(`${from}/`)) throw malformed(index, "a value cannot be moved into itself");
  return { op, path: `/data${path}`, from: `/data${from}` };
}

/** The library copies values, and would lose such a key without a word. */
const holdsHostileKey = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).some(([key, inner]) => hostileKeys.has(key) || holdsHostileKey(inner));

const isPointer = (text: unknown): text is string => typeof text === "string" && /^(\/([^~/]|~[01])*)*$/.test(text);

/** The value at a pointer. Array indexes as RFC 6901 writes them, object members only where they are the object's own. */
function walk(document: unknown, pointer: string, index: number, mayAdd: boolean): unknown {
  const tokens = Pointer.fromJSON(pointer).tokens.slice(1);
  let value: unknown = document;
  for (const [i, token] of tokens.entries()) {
    if (hostileKeys.has(token)) throw malformed(index, `the path must not hold ${token}`);
    const last = i === tokens.length - 1;
    if (Array.isArray(value)) {
      if (last && mayAdd && (token === "-" || token === String(value.length))) return undefined;
      if (!/^(0|[1-9]\d{0,9})$/.test(token) || Number(token) >= value.length) throw conflict(index, "the path does not exist");
      value = value[Number(token)];
    } else if (typeof value === "object" && value !== null) {
      const own: [string, unknown] | undefined = Object.hasOwn(value, token) ? [token, Reflect.get(value, token)] : undefined;
      if (!own && !(last && mayAdd)) throw conflict(index, "the path does not exist");
      value = own?.[1];
    } else throw conflict(index, "the path does not exist");
  }
  return value;
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? "");
