import { once } from "node:events";
import { Readable } from "node:stream";
import { fail, SpecStarError } from "../errors.ts";

/** The only file of a form. What a browser calls it is not kept. */
export interface MultipartFile {
  /** Ends when the whole form has been read and holds nothing else. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly contentType: string;
}

const oneFile = "Send a form with one file and nothing else";
const broken = (thrown: unknown) =>
  thrown instanceof SpecStarError ? thrown : fail("BAD_REQUEST", `The form is malformed or ends too early. ${oneFile}`, {}, thrown);

/**
 * Reads a multipart form (RFC 7578) as it comes; in memory is what is on its way.
 * @throws BAD_REQUEST where it is no form with one file
 */
export async function multipartUpload(body: AsyncIterable<Uint8Array>, contentType: string): Promise<MultipartFile> {
  const { Busboy } = await import("@fastify/busboy");
  const source = Readable.from(body, { objectMode: true, highWaterMark: 1 });
  let form: InstanceType<typeof Busboy>;
  try {
    form = new Busboy({
      headers: { "content-type": contentType },
      limits: { files: 1, fields: 0, parts: 1, headerPairs: 20, headerSize: 8 * 1024 },
    });
  } catch (thrown) {
    source.destroy();
    throw broken(thrown);
  }
  let refused: SpecStarError | undefined;
  for (const event of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
    form.on(event, () => (refused ??= fail("BAD_REQUEST", oneFile)));
  const finished = new Promise<void>((resolve, reject) => {
    form.once("finish", resolve);
    form.once("error", reject);
    source.once("error", reject);
  });
  finished.catch(() => {});
  const file = new Promise<{ stream: Readable; contentType: string }>((resolve) => {
    form.once("file", (_field, stream, _name, _encoding, type) => {
      // Its errors are the form's; unheard they would end the process.
      stream.on("error", () => {});
      resolve({ stream, contentType: type });
    });
  });
  source.pipe(form);
  try {
    const found = await Promise.race([file, finished]);
    if (!found) throw fail("BAD_REQUEST", oneFile);
    const ended = async (): Promise<void> => {
      await finished;
      if (refused) throw refused;
    };
    return { contentType: found.contentType, bytes: fileBytes(found.stream, source, ended) };
  } catch (thrown) {
    source.destroy();
    throw broken(thrown);
  }
}

async function* fileBytes(stream: Readable, source: Readable, ended: () => Promise<void>): AsyncGenerator<Uint8Array> {
  // A form that breaks off tells its file late or not at all.
  source.once("error", (thrown) => stream.destroy(thrown));
  try {
    for await (const chunk of stream) yield chunk;
    await ended();
  } catch (thrown) {
    throw broken(thrown);
  } finally {
    source.destroy();
    if (!source.closed) await once(source, "close").catch(() => {});
  }
}
