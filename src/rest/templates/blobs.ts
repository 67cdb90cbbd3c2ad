import { fail } from "../../errors.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { blobHeaders, byteStream } from "../blob-reply.ts";
import { byteRange } from "../byte-range.ts";
import { isKnown } from "../precondition.ts";
import type { RootTemplate } from "../route-template.ts";
import { sniffed } from "../sniff-type.ts";
import { uploadOf } from "../upload.ts";

/** `POST /blobs`: the bytes as the body, or as the one file of a form; 201 with `Location`. */
export const uploadRoute: RootTemplate = {
  name: "upload",
  applyRoot: (routes) =>
    routes.add("POST", "/blobs", async ({ request, actor, blobs, path, query }) => {
      query.end();
      await blobs.checkUpload(actor);
      const upload = await uploadOf(request, blobs.maxBytes);
      const { contentType, bytes } = await sniffed(upload.bytes, upload.declared);
      const row = await blobs.put(bytes, { contentType, actor });
      const headers = { "content-type": "application/json", "cache-control": "no-store", location: `${path}/${row.id}` };
      return { status: 201, headers, body: JSON.stringify(shown(row, `${path}/${row.id}`)) };
    }),
};

/** As GraphQL shows a blob. */
const shown = ({ id, size, contentType, hash }: BlobRow, url: string) => ({ id, url, size, contentType, hash });

/** `GET /blobs/{id}`: the bytes, or one range of them. */
export const blobRoute: RootTemplate = {
  name: "blob",
  applyRoot: (routes) =>
    routes.add(
      "GET",
      "/blobs/:id",
      async ({ request: { method, headers }, actor, blobs, path, query }) => {
        query.end();
        const { row, read } = await blobs.find(actor, blobId(path));
        const known = blobHeaders(row);
        if (isKnown(headers.get("if-none-match"), known.etag)) return { status: 304, headers: known, body: null };
        const range = method === "GET" ? byteRange(headers, row.size, known.etag) : undefined;
        const length = range ? range.end - range.start + 1 : row.size;
        const ranged: Record<string, string> = range ? { "content-range": `bytes ${range.start}-${range.end}/${row.size}` } : {};
        return {
          status: range ? 206 : 200,
          headers: { ...known, ...ranged, "content-type": row.contentType, "content-length": String(length) },
          stream: byteStream(() => read(range)),
        };
      },
      { anyType: true },
    ),
};

function blobId(path: string): string {
  const id = path.slice(path.lastIndexOf("/") + 1);
  if (!/^blob_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(id)) throw fail("BAD_REQUEST", "The path holds no blob id", { field: "id" });
  return id;
}
