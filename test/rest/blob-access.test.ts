import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { openBlobs, ownPhotos, Photo, png } from "./blob-client.ts";

const [ann, ben, zoe] = [{ who: "ann" }, { who: "ben" }, { who: "zoe" }];

describe("who may read a blob", () => {
  test("its uploader alone, until a resource holds it; then who may get that, and nobody else", async () => {
    const { send, json, upload } = await openBlobs({ authorize: ownPhotos });
    const { id, url } = await upload(png, ann);
    const status = async (headers: Record<string, string>, method = "GET") => (await send(method, url, headers)).status;
    expect([await status(ann), await status(ben), await status({}), await status(zoe)]).toEqual([200, 404, 404, 404]);
    // Ann gives the photo away: from then on it is Ben's.
    const created = await json("POST", "/photos", { title: "a", cover: id }, ann);
    expect(created.status).toBe(201);
    expect([await status(ann), await status(ben)]).toEqual([200, 404]);
    expect([await status(ben, "HEAD"), (await send("GET", url, { ...ben, range: "bytes=0-1" })).status]).toEqual([404, 404]);
    expect((await send("GET", url, { ...ben, "if-none-match": "*" })).status).toBe(404);
  });

  test("not its uploader any more, once it is held by what another may read", async () => {
    const { platform, send, json, upload } = await openBlobs({
      authorize: async ({ actor, operation }) => operation !== "get" || { where: { owner: { eq: actor.id } } },
    });
    const { id, url } = await upload(png, ann);
    const { body } = await json("POST", "/photos", { title: "a", owner: "ben", cover: id }, ann);
    const status = async (headers: Record<string, string>) => (await send("GET", url, headers)).status;
    expect([await status(ann), await status(ben)]).toEqual([404, 200]);
    // A second resource that Ann may get opens it for her again.
    expect((await json("POST", "/photos", { title: "b", owner: "ann", cover: id }, ben)).status).toBe(201);
    expect([await status(ann), await status(ben)]).toEqual([200, 200]);
    // In the history of a live resource it can still be read; in a deleted or a purged one not.
    expect((await json("PUT", `/photos/${body.id}`, { title: "a", owner: "ben" }, ben)).status).toBe(200);
    expect(await status(ben)).toBe(200);
    expect((await send("DELETE", `/photos/${body.id}`, ben)).status).toBe(204);
    expect(await status(ben)).toBe(404);
    expect(await platform.blobs.stat([id])).toMatchObject([{ id }]);
    await send("POST", `/photos/${body.id}/purge`, ben);
    expect([await status(ben), await status(ann)]).toEqual([404, 200]);
  });

  test("nobody comes to a blob by holding its id", async () => {
    const { json, upload } = await openBlobs({ authorize: ownPhotos });
    const { id } = await upload(png, ann);
    const stolen = { title: "b", owner: "ben", cover: id };
    expect(await json("POST", "/photos", stolen, ben)).toMatchObject({ status: 409, body: { code: "REFERENCE_VIOLATION", id } });
    const mine = await json("POST", "/photos", { title: "c", owner: "ben" }, ben);
    const merge = { ...ben, "content-type": "application/merge-patch+json" };
    expect(await json("PATCH", `/photos/${mine.body.id}`, { gallery: [id] }, merge)).toMatchObject({
      body: { code: "REFERENCE_VIOLATION" },
    });
    const missing = await json("POST", "/photos", { ...stolen, cover: "blob_01h455vb4pex5vsknk084sn02q" }, ben);
    expect(missing.body.detail).toBe(`There is no blob blob_01h455vb4pex5vsknk084sn02q. Put it first`);
  });

  test("what a resource holds stays held, whoever changes it", async () => {
    const { json, upload } = await openBlobs({ authorize: async ({ actor, operation }) => actor.id === "ann" || operation === "patch" });
    const { id } = await upload(png, ann);
    const { body } = await json("POST", "/photos", { title: "a", cover: id }, ann);
    const merge = { ...ben, "content-type": "application/merge-patch+json" };
    expect(await json("PATCH", `/photos/${body.id}`, { title: "b" }, merge)).toMatchObject({ status: 200, body: { data: { cover: id } } });
  });

  test("more holders than a page are looked through", async () => {
    const { platform, send, json, upload } = await openBlobs({ authorize: ownPhotos });
    const { id, url } = await upload(png, ann);
    await json("POST", "/photos", { title: "first", cover: id }, ann);
    await platform
      .resource(Photo)
      .as({ id: "ann", roles: [], claims: {} })
      .batch(Array.from({ length: 60 }, (_, i) => ({ op: "create", data: { title: `t${i}`, cover: id } }) as const));
    expect((await send("GET", url, ben)).status).toBe(404);
    expect((await send("GET", url, ann)).status).toBe(200);
  });

  test("who may write nothing that holds blobs uploads none, and no byte of it is read", async () => {
    const { send } = await openBlobs({ authorize: async ({ spec }) => spec.name === "note" });
    let read = 0;
    const pull = () => {
      read += 1;
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    expect((await send("POST", "/blobs", ann, body)).status).toBe(403);
    expect(read).toBe(0);
  });
});

describe("inline blobs", () => {
  const base64 = png.toString("base64");
  const inline = { base64, contentType: "image/png" };

  test("become blobs of the write, wherever a blob may stand", async () => {
    const { send, json } = await openBlobs();
    const { status, body } = await json("POST", "/photos", { title: "a", cover: inline, gallery: [inline, { base64: "" }] });
    expect(status).toBe(201);
    const ids = [body.data.cover, ...body.data.gallery];
    expect(new Set(ids).size).toBe(3);
    const got = await Promise.all(ids.map((id) => send("GET", `/blobs/${id}`)));
    expect(got.map(({ headers }) => headers.get("content-type"))).toEqual(["image/png", "image/png", "application/octet-stream"]);
    expect(Buffer.from((await got[0]?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(png)).toBe(true);
  });

  test("are kept under the type that their bytes have, whatever is declared", async () => {
    const { send, json } = await openBlobs();
    const { body } = await json("POST", "/photos", { title: "a", cover: { base64, contentType: "text/html" } });
    expect((await send("GET", `/blobs/${body.data.cover}`)).headers.get("content-type")).toBe("image/png");
  });

  test("work in every way of writing", async () => {
    const { json } = await openBlobs();
    const blobId = expect.stringMatching(/^blob_/);
    const { body } = await json("POST", "/photos", { title: "a" });
    const path = `/photos/${body.id}`;
    const patched = await json("PATCH", path, { cover: inline }, { "content-type": "application/merge-patch+json" });
    expect(patched.body.data.cover).toEqual(blobId);
    const added = await json("PATCH", path, [{ op: "add", path: "/gallery/-", value: inline }], {
      "content-type": "application/json-patch+json",
    });
    expect(added.body.data).toMatchObject({ cover: patched.body.data.cover, gallery: [blobId] });
    expect((await json("PUT", path, { title: "a", cover: inline })).body.data.cover).toEqual(blobId);
    expect((await json("PUT", "/photos?title=a", { title: "a", cover: inline })).body.data.cover).toEqual(blobId);
    const unit = await json("POST", "/transact", [{ type: "photo", op: "create", data: { title: "t", cover: inline } }]);
    expect(unit.body[0].resource.data.cover).toEqual(blobId);
  });

  test("one idempotency key gives one resource, another payload is refused", async () => {
    const { json } = await openBlobs();
    const key = { "idempotency-key": "k" };
    const [first, again] = [
      await json("POST", "/photos", { title: "a", cover: inline }, key),
      await json("POST", "/photos", { title: "a", cover: inline }, key),
    ];
    expect(again.body).toEqual(first.body);
    expect((await json("POST", "/photos", { title: "a", cover: { base64: "AAAA" } }, key)).body.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  test.each([
    [{ base64: "A" }, ["cover", "base64"]],
    [{ base64: "AA-_" }, ["cover", "base64"]],
    [{ base64: "AA=A" }, ["cover", "base64"]],
    [{ base64: 1 }, ["cover", "base64"]],
    [{}, ["cover", "base64"]],
    [{ base64, contentType: "x" }, ["cover", "contentType"]],
    [{ base64, contentType: "text/html\r\nx: y" }, ["cover", "contentType"]],
    [{ base64, id: "blob_x" }, ["cover", "id"]],
    [[], ["cover", "base64"]],
  ])("%j is refused, and nothing is put", async (cover, path) => {
    const storage = memoryStorage();
    const put = storage.putBlob.bind(storage);
    let puts = 0;
    storage.putBlob = (...args) => {
      puts += 1;
      return put(...args);
    };
    const { json } = await openBlobs({ storage });
    expect(await json("POST", "/photos", { title: "a", cover })).toMatchObject({ status: 422, body: { issues: [{ path }] } });
    expect((await json("POST", "/photos", { title: 1, cover: inline })).status).toBe(422);
    expect(puts).toBe(0);
  });
});

test("GraphQL shows where the bytes are", async () => {
  const { send, json, upload } = await openBlobs({ rest: { basePath: "/api" }, graphql: { path: "/api/graphql" } });
  const response = await send("POST", "/api/blobs", {}, new Uint8Array(png));
  const { id } = await response.json();
  const { body } = await json("POST", "/api/photos", { title: "a", cover: id });
  const query = `{ photo(id: "${body.id}") { cover { id url size contentType hash } } }`;
  const { cover } = (await json("POST", "/api/graphql", { query })).body.data.photo;
  expect(cover).toMatchObject({ id, url: `/api/blobs/${id}`, size: png.length, contentType: "image/png" });
  expect((await send("GET", cover.url)).status).toBe(200);
  expect(await upload(png).catch(() => undefined)).toMatchObject({ code: "NOT_FOUND" });
});
