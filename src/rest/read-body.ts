import { fail, type SpecStarError } from "../errors.ts";
import { bodyType, refuseCrossSite } from "./media-type.ts";
import { parseJson } from "./parse-json.ts";

const maxBytes = 1024 * 1024;

const tooLarge = (): SpecStarError => fail("PAYLOAD_TOO_LARGE", `The body is larger than ${maxBytes} bytes`);

/** The JSON value of a request body. `types` are the media types that the route reads. */
export async function readBody(
  request: Request,
  types: readonly string[] = ["application/json"],
): Promise<{ readonly type: string; readonly value: unknown }> {
  const type = bodyType(request.headers, types);
  const text = decode(await readBytes(request));
  if (text.trim() === "") throw fail("BAD_REQUEST", "The body is empty");
  return { type, value: parseJson(text, "The body") };
}

/** The data of a resource. What is no object is refused where data is checked against the spec. */
export async function readData(request: Request): Promise<Record<string, unknown>> {
  const { value } = await readBody(request);
  return value as Record<string, unknown>;
}

/** The input of an action. A body that may be left out is something that a form can send. */
export async function readInput(request: Request, foreign: boolean): Promise<Record<string, unknown> | undefined> {
  refuseCrossSite(request, foreign);
  const text = decode(await readBytes(request));
  if (text.trim() === "") return undefined;
  bodyType(request.headers, ["application/json"]);
  return parseJson(text, "The body") as Record<string, unknown>;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) throw tooLarge();
  try {
    // HTTP holds a body to its Content-Length, so this one is bounded; others are counted as they come.
    const bytes = length === null ? await countedBytes(request.body) : new Uint8Array(await request.arrayBuffer());
    if (bytes && bytes.byteLength <= maxBytes) return bytes;
  } catch (thrown) {
    throw fail("BAD_REQUEST", "The body could not be read to its end", {}, thrown);
  }
  throw tooLarge();
}

/** Undefined as soon as there are more than may be. */
async function countedBytes(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw fail("BAD_REQUEST", "The body is not valid UTF-8");
  }
}
