import { fail } from "../../errors.ts";
import { blobHeaders, byteStream } from "../blob-reply.ts";
import { byteRange } from "../byte-range.ts";
import { empty, parameterRef, type ResponseDescription } from "../openapi/operation.ts";
import { knownTag } from "../precondition.ts";
import type { RootTemplate } from "../route-template.ts";

/** `GET /blobs/{id}`: the bytes, or one range of them. */
export const blobRoute: RootTemplate = {
  name: "blob",
  applyRoot: (routes) =>
    routes.add(
      "GET",
      "/blobs/:id",
      async ({ request: { method, headers }, actor, blobs, path, query }) => {
        query.end();
        const { row, read, presigned } = await blobs.find(actor, blobId(path));
        const known = blobHeaders(row);
        if (knownTag(headers.get("if-none-match"), known.etag) !== undefined) return { status: 304, headers: known, body: null };
        const location = method === "GET" ? await presigned() : undefined;
        // Whoever may read it no more must not be sent there by a cache.
        if (location !== undefined) return { status: 307, headers: { location, "cache-control": "no-store" }, body: null };
        const range = method === "GET" ? byteRange(headers, row.size, known.etag) : undefined;
        const length = range ? range.end - range.start + 1 : row.size;
        const ranged: Record<string, string> = range ? { "content-range": `bytes ${range.start}-${range.end}/${row.size}` } : {};
        return {
          status: range ? 206 : 200,
          headers: { ...known, ...ranged, "content-type": row.contentType, "content-length": String(length) },
          stream: byteStream(() => read(range)),
        };
      },
      {
        anyType: true,
        describe: () => ({
          summary: "Reads a blob, or a range of it",
          parameters: [
            { name: "Range", in: "header", description: "One range of bytes (RFC 9110)", schema: { type: "string" } },
            { name: "If-Range", in: "header", description: "A tag: the range of that state, else the whole", schema: { type: "string" } },
            parameterRef("If-None-Match"),
          ],
          responses: {
            200: bytesResponse("The bytes"),
            206: bytesResponse("The range"),
            304: empty("The client has it", "ETag"),
            307: empty("The store has it, at a URL that is good for a while", "Location"),
          },
          problems: ["NOT_FOUND", "RANGE_NOT_SATISFIABLE"],
        }),
      },
    ),
};

function blobId(path: string): string {
  const id = path.slice(path.lastIndexOf("/") + 1);
  if (!/^blob_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(id)) throw fail("BAD_REQUEST", "The path holds no blob id", { field: "id" });
  return id;
}

const bytesResponse = (description: string): ResponseDescription => ({
  description,
  content: { "*/*": { schema: { type: "string", contentMediaType: "application/octet-stream" } } },
});
