/** What the library looks at: the begin of the bytes. */
const sniffedBytes = 4100;

/** Formats that hold others, so that a client may know better; none of them is run by a browser. */
const containers: ReadonlySet<string> = new Set(["application/zip", "application/x-cfb", "application/gzip", "application/ogg"]);

/**
 * The media type that bytes are kept under: what they begin like, where that is known, so that a picture is none because
 * somebody says so; else, and for containers, what was declared.
 */
export async function sniffed(
  bytes: AsyncIterable<Uint8Array>,
  declared: string,
): Promise<{ readonly contentType: string; readonly bytes: AsyncIterable<Uint8Array> }> {
  const source = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < sniffedBytes) {
    const { done, value } = await source.next();
    if (done) break;
    first.push(value);
    size += value.byteLength;
  }
  const { fileTypeFromBuffer } = await import("file-type");
  // A damaged file may well begin like one that the library then cannot read.
  const found = await fileTypeFromBuffer(Buffer.concat(first).subarray(0, sniffedBytes)).catch(() => undefined);
  const mime = found?.mime.split(";", 1)[0];
  const contentType = mime === undefined || (containers.has(mime) && declared !== "application/octet-stream") ? declared : mime;
  return { contentType, bytes: joined(first, source) };
}

async function* joined(first: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* first.splice(0);
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
