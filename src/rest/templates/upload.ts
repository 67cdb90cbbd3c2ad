import { sniffed } from "../../manager/blobs/sniff-type.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { json, objectOf } from "../openapi/operation.ts";
import type { RootTemplate } from "../route-template.ts";
import { uploadOf } from "../upload.ts";

/** `POST /blobs`: the bytes as the body, or as the one file of a form; 201 with `Location`. */
export const uploadRoute: RootTemplate = {
  name: "upload",
  applyRoot: (routes) =>
    routes.add(
      "POST",
      "/blobs",
      async ({ request, actor, blobs, path, query }) => {
        query.end();
        await blobs.checkUpload(actor);
        const upload = await uploadOf(request, blobs.maxBytes);
        const { contentType, bytes } = await sniffed(upload.bytes, upload.declared);
        const row = await blobs.put(bytes, { contentType, actor });
        const headers = { "content-type": "application/json", "cache-control": "no-store", location: `${path}/${row.id}` };
        return { status: 201, headers, body: JSON.stringify(shown(row, `${path}/${row.id}`)) };
      },
      {
        describe: () => ({
          summary: "Uploads a blob",
          description: "The bytes as the body, or as the one file of a form. The type is told by the bytes where they tell it.",
          requestBody: {
            required: true,
            content: { "*/*": { schema: bytes }, "multipart/form-data": { schema: objectOf({ file: bytes }) } },
          },
          responses: { 201: json("The blob", blobSchema, "Location") },
          problems: ["FORBIDDEN", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
        }),
      },
    ),
};

const bytes = { type: "string", contentMediaType: "application/octet-stream" };
const blobSchema = objectOf({
  id: { type: "string" },
  url: { type: "string" },
  size: { type: "integer", minimum: 0 },
  contentType: { type: "string" },
  hash: { type: "string", description: "sha256: and hex" },
});

/** As GraphQL shows a blob. */
const shown = ({ id, size, contentType, hash }: BlobRow, url: string) => ({ id, url, size, contentType, hash });
