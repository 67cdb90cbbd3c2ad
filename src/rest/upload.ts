import { fail } from "../errors.ts";
import { isMediaType } from "../manager/blobs/blobs.ts";
import { multipartUpload } from "./multipart-upload.ts";

/** Bytes on their way in, and what the client says they are. */
export interface Upload {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly declared: string;
}

/**
 * The bytes of `POST /blobs`: the body itself, or the one file of a multipart form.
 * @throws FORBIDDEN, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST; the iterable throws the last two as well
 */
export async function uploadOf(request: Request, maxBytes: number): Promise<Upload> {
  const { headers } = request;
  // A form of another site could send this with the user's cookies.
  if (headers.get("sec-fetch-site") === "cross-site") throw fail("FORBIDDEN", "Pages of other sites may not upload");
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity")
    throw fail("UNSUPPORTED_MEDIA_TYPE", "Bytes are kept as they are: leave out Content-Encoding");
  const header = headers.get("content-type") ?? "application/octet-stream";
  const type = mediaType(header);
  if (type === undefined || type === "application/x-www-form-urlencoded")
    throw fail("UNSUPPORTED_MEDIA_TYPE", "Send the bytes with their media type, or one file as multipart/form-data");
  const multipart = type === "multipart/form-data";
  const length = headers.get("content-length");
  // What stands around a file in a form is not counted; its own bytes are.
  if (!multipart && Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const body = arriving(request.body, length);
  if (!multipart) return { bytes: counted(body, maxBytes), declared: type };
  const { bytes, contentType } = await multipartUpload(body, header);
  return { bytes: counted(bytes, maxBytes), declared: mediaType(contentType) ?? "application/octet-stream" };
}

/** Without its parameters; undefined where it is none. */
function mediaType(header: string): string | undefined {
  const type = (header.split(";", 1)[0] ?? "").trim().toLowerCase();
  return isMediaType(type) ? type : undefined;
}

const tooLarge = (maxBytes: number) => fail("PAYLOAD_TOO_LARGE", `A blob has at most ${maxBytes} bytes`);

/** The body to its end; what ends before its Content-Length was cut off. */
export async function* arriving(body: ReadableStream<Uint8Array> | null, length: string | null): AsyncGenerator<Uint8Array> {
  let size = 0;
  const cut = (thrown?: unknown) =>
    fail("BAD_REQUEST", "The upload ended before its last byte. Nothing was kept: send it again", {}, thrown);
  const chunks = (body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() }))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await chunks.next().catch((thrown: unknown) => {
        throw cut(thrown);
      });
      if (done) break;
      size += value.byteLength;
      yield value;
    }
  } finally {
    await chunks.return?.().catch(() => {});
  }
  if (length !== null && size !== Number(length)) throw cut();
}

async function* counted(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}
