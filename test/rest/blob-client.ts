import { z } from "zod";
import { fail } from "../../src/errors.ts";
import { blob, defineResource } from "../../src/index.ts";
import type { Authorize } from "../../src/manager/authorize.ts";
import type { PlatformOptions } from "../../src/platform.ts";
import type { Json } from "../support/json.ts";
import { openPlatform } from "../support/open-platform.ts";

export const Photo = defineResource("photo", {
  schema: z.object({
    title: z.string(),
    owner: z.string().default("ann"),
    cover: blob().nullable().optional(),
    gallery: z.array(blob()).default([]),
  }),
  index: ["owner"],
  unique: ["title"],
});
export const Note = defineResource("note", { schema: z.object({ text: z.string() }) });

export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** Who asks stands in the header `who`; without it nobody does. */
export async function openBlobs(options: Partial<PlatformOptions<readonly [typeof Photo, typeof Note]>> = {}) {
  const platform = await openPlatform([Photo, Note] as const, {
    actor: ({ headers }) => {
      const who = headers.get("who") ?? "anonymous";
      if (who === "expired") throw fail("UNAUTHENTICATED", "Sign in again");
      return { id: who, roles: [], claims: {} };
    },
    ...options,
  });
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: RequestInit["body"]): Promise<Response> =>
    platform.fetch(
      new Request(`http://door${path}`, { method, headers, ...(body === undefined ? {} : { body, duplex: "half" }) } as RequestInit),
    );
  const json = async (
    method: string,
    path: string,
    value: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> => {
    const response = await send(method, path, { "content-type": "application/json", ...headers }, JSON.stringify(value));
    return { status: response.status, body: await response.json() };
  };
  const upload = async (bytes: Uint8Array | string, headers: Record<string, string> = {}): Promise<Json> => {
    const response = await send("POST", "/blobs", headers, typeof bytes === "string" ? bytes : new Uint8Array(bytes));
    return response.json();
  };
  return { platform, send, json, upload };
}

/** Everybody reads and writes their own photos; `zoe` may do nothing at all. */
export const ownPhotos: Authorize = async ({ actor }) => (actor.id === "zoe" ? false : { where: { owner: { eq: actor.id } } });

export const codeOf = async (response: Response): Promise<string> => {
  const body: Json = await response.json();
  return `${response.status} ${body.code}`;
};
