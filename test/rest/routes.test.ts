import { describe, expect, test } from "vitest";
import { expectProblem, merge, openClient, operations } from "./client.ts";

describe("create", () => {
  test("answers 201 with Location, ETag and the envelope", async () => {
    const { ask } = await openClient();
    const created = await ask("POST", "/articles", { body: { title: "One" } });
    expect(created.status).toBe(201);
    expect(Object.keys(created.body)).toEqual(["id", "data", "meta", "revision"]);
    expect(created.body).toMatchObject({
      data: { title: "One", views: 0, tags: [] },
      meta: { version: 1, status: "stable" },
      revision: { number: 1 },
    });
    expect(created.headers.get("location")).toBe(`/articles/${created.body.id}`);
    expect(created.headers.get("etag")).toBe(`"${created.body.id}.1"`);
  });

  test("makes drafts, and ids of chosen keys", async () => {
    const { ask } = await openClient();
    expect((await ask("POST", "/articles?status=draft", { body: { title: "x" } })).body.meta.status).toBe("draft");
    expect((await ask("POST", "/settings?key=dark-mode", { body: { value: "on" } })).body.id).toBe("setting_dark-mode");
    expect((await ask("POST", "/countries", { body: { cca3: "FRA", name: "France" } })).body.id).toBe("country_FRA");
    expectProblem(await ask("POST", "/articles?key=mine", { body: { title: "x" } }), 400, "BAD_REQUEST");
    expectProblem(await ask("POST", "/articles?status=done", { body: { title: "x" } }), 400, "BAD_REQUEST");
  });

  test("replays under an idempotency key", async () => {
    const { ask } = await openClient();
    const headers = { "idempotency-key": "k-1" };
    const first = await ask("POST", "/articles", { body: { title: "One" }, headers });
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const again = await ask("POST", "/articles", { body: { title: "One" }, headers });
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
    expectProblem(await ask("POST", "/articles", { body: { title: "Two" }, headers }), 422, "IDEMPOTENCY_KEY_REUSED");
    expect((await ask("GET", "/articles/count")).body).toEqual({ count: 1 });
  });
});

describe("get", () => {
  test("answers with ETag, and 304 to who has it", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "One" } })).body;
    const found = await ask("GET", `/articles/${id}`);
    expect(found.headers.get("etag")).toBe(`"${id}.1"`);
    expect(found.headers.get("cache-control")).toBe("private, no-cache");
    expect(found.headers.get("vary")).toBe("Accept, Accept-Encoding, Authorization");
    for (const tags of [`"${id}.1"`, `W/"${id}.1"`, `"x", "${id}.1"`, "*"]) {
      const cached = await ask("GET", `/articles/${id}`, { headers: { "if-none-match": tags } });
      expect([cached.status, cached.text, cached.headers.get("etag")], tags).toEqual([304, "", `"${id}.1"`]);
    }
    expect((await ask("GET", `/articles/${id}`, { headers: { "if-none-match": `"${id}.2"` } })).status).toBe(200);
    expectProblem(await ask("GET", `/articles/${id}`, { headers: { "if-none-match": "nonsense" } }), 400, "BAD_REQUEST");
  });

  test("answers HEAD as GET without the body", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "Zwölf" } })).body;
    const [get, head] = [await ask("GET", `/articles/${id}`), await ask("HEAD", `/articles/${id}`)];
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(head.headers.get("content-length")).toBe(String(Buffer.byteLength(get.text)));
    expect((await ask("HEAD", "/articles/article_01m821xcnxf0nv1w9fbnz9tg4w")).status).toBe(404);
  });

  test("goes back in time, and says what is gone", async () => {
    const { ask } = await openClient();
    const { id, meta } = (await ask("POST", "/articles", { body: { title: "One" } })).body;
    await ask("PUT", `/articles/${id}`, { body: { title: "Two" } });
    expect((await ask("GET", `/articles/${id}?asOf=${meta.updatedAt}`)).body).toMatchObject({
      data: { title: "One" },
      meta: { version: 1 },
    });
    expect((await ask("DELETE", `/articles/${id}`)).status).toBe(204);
    const gone = await ask("GET", `/articles/${id}`);
    expectProblem(gone, 410, "GONE");
    expect(gone.headers.get("cache-control")).toBe("no-store");
    expect((await ask("GET", `/articles/${id}?includeDeleted=true`)).body.meta.deletedAt).toEqual(expect.any(String));
    expectProblem(await ask("GET", `/articles/${id}?asOf=yesterday`), 400, "BAD_REQUEST");
    expectProblem(await ask("GET", `/articles/${id}?includeDeleted=yes`), 400, "BAD_REQUEST");
  });
});

describe("writes to what exists", () => {
  test("replace, patch in both ways, and ask for another type", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "One", views: 5 } })).body;
    expect((await ask("PUT", `/articles/${id}`, { body: { title: "Two" } })).body).toMatchObject({
      data: { title: "Two", views: 0 },
      meta: { version: 2 },
    });
    expect((await ask("PATCH", `/articles/${id}`, merge({ views: 7 }))).body).toMatchObject({ data: { title: "Two", views: 7 } });
    const tested = await ask(
      "PATCH",
      `/articles/${id}`,
      operations([
        { op: "test", path: "/views", value: 7 },
        { op: "replace", path: "/views", value: 8 },
      ]),
    );
    expect(tested.body).toMatchObject({ data: { views: 8 }, meta: { version: 4, revisionCount: 4 } });
    expect(tested.headers.get("etag")).toBe(`"${id}.4"`);
    expectProblem(await ask("PATCH", `/articles/${id}`, operations([{ op: "test", path: "/views", value: 1 }])), 409, "CONFLICT");
    const refused = await ask("PATCH", `/articles/${id}`, { body: { views: 9 } });
    expectProblem(refused, 415, "UNSUPPORTED_MEDIA_TYPE");
    expect(refused.headers.get("accept-patch")).toBe("application/json-patch+json, application/merge-patch+json");
    expectProblem(await ask("PATCH", `/articles/${id}`, operations({ op: "remove" })), 400, "BAD_REQUEST");
  });

  test("answer a no-op with the version that stands", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "One" } })).body;
    expect((await ask("PUT", `/articles/${id}`, { body: { title: "One" } })).headers.get("etag")).toBe(`"${id}.1"`);
  });

  test("PUT creates only with If-None-Match: * on chosen keys", async () => {
    const { ask } = await openClient();
    const none = { "if-none-match": "*" };
    const made = await ask("PUT", "/settings/setting_theme", { body: { value: "dark" }, headers: none });
    expect([made.status, made.headers.get("location"), made.body.id]).toEqual([201, "/settings/setting_theme", "setting_theme"]);
    expectProblem(await ask("PUT", "/settings/setting_theme", { body: { value: "light" }, headers: none }), 409, "CONFLICT");
    expect((await ask("PUT", "/countries/country_FRA", { body: { cca3: "FRA", name: "France" }, headers: none })).status).toBe(201);
    expectProblem(
      await ask("PUT", "/countries/country_DEU", { body: { cca3: "FRA", name: "France" }, headers: none }),
      422,
      "VALIDATION_FAILED",
    );
    expectProblem(await ask("PUT", "/countries/nation_DEU", { body: { cca3: "DEU", name: "x" }, headers: none }), 400, "BAD_REQUEST");
    expectProblem(await ask("PUT", "/countries/country_ITA", { body: { cca3: "ITA", name: "x" } }), 404, "NOT_FOUND");
    expectProblem(await ask("PUT", "/articles/article_x", { body: { title: "x" }, headers: none }), 400, "BAD_REQUEST");
    expectProblem(
      await ask("PUT", "/settings/setting_x", { body: { value: "x" }, headers: { "if-none-match": '"a"' } }),
      400,
      "BAD_REQUEST",
    );
  });

  test("delete, restore, switch and purge", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "One" } })).body;
    await ask("PUT", `/articles/${id}`, { body: { title: "Two" } });
    expect((await ask("POST", `/articles/${id}/switch/1`)).body).toMatchObject({
      data: { title: "One" },
      revision: { number: 1 },
      meta: { version: 3 },
    });
    const deleted = await ask("DELETE", `/articles/${id}`);
    expect([deleted.status, deleted.text, deleted.headers.get("etag")]).toEqual([204, "", `"${id}.4"`]);
    expect((await ask("DELETE", `/articles/${id}`)).headers.get("etag")).toBe(`"${id}.4"`);
    expect((await ask("POST", `/articles/${id}/restore`, { headers: { "if-match": `"${id}.4"` } })).body.meta.deletedAt).toBeNull();
    const purged = await ask("POST", `/articles/${id}/purge`);
    expect([purged.status, purged.body]).toEqual([200, { id }]);
    expectProblem(await ask("GET", `/articles/${id}`), 404, "NOT_FOUND");
    expectProblem(await ask("POST", `/articles/${id}/purge`), 404, "NOT_FOUND");
  });
});

describe("revisions", () => {
  test("are listed, read and compared", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "One" } })).body;
    await ask("PUT", `/articles/${id}`, { body: { title: "Two" } });
    const page = await ask("GET", `/articles/${id}/revisions?first=1`);
    expect(page.body).toMatchObject({
      items: [{ id: `${id}:1`, number: 1, data: { title: "One" } }],
      pageInfo: { hasNextPage: true },
      totalCount: 2,
    });
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
    expect((await ask("GET", next)).body.items[0]).toMatchObject({ number: 2, parent: 1 });
    const first = await ask("GET", `/articles/${id}/revisions/1`);
    expect(first.headers.get("etag")).toBe(`"${id}:1.${first.body.hash}"`);
    expect(
      (await ask("GET", `/articles/${id}/revisions/1`, { headers: { "if-none-match": first.headers.get("etag") ?? "" } })).status,
    ).toBe(304);
    expect((await ask("GET", `/articles/${id}/diff?from=1`)).body).toEqual({
      from: 1,
      to: 2,
      operations: [{ op: "replace", path: "/title", value: "Two" }],
      paths: ["title"],
    });
    expectProblem(await ask("GET", `/articles/${id}/diff`), 400, "BAD_REQUEST");
    expectProblem(await ask("GET", `/articles/${id}/diff?from=1&to=9`), 404, "NOT_FOUND");
    expectProblem(await ask("GET", `/articles/${id}/revisions/9`), 404, "NOT_FOUND");
  });

  test("a draft is modified in place, under a precondition", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles?status=draft", { body: { title: "One" } })).body;
    const path = `/articles/${id}/revisions/1`;
    expectProblem(await ask("PATCH", path, merge({ title: "Two" })), 428, "PRECONDITION_REQUIRED");
    expectProblem(await ask("PATCH", path, merge({ title: "Two" }, { "if-match": `"${id}.9"` })), 412, "VERSION_MISMATCH");
    const draftTag = (await ask("GET", path)).headers.get("etag") ?? "";
    const modified = await ask("PATCH", path, merge({ title: "Two" }, { "if-match": draftTag }));
    expect(modified.body).toMatchObject({ data: { title: "Two" }, meta: { version: 2, revisionCount: 1, status: "draft" } });
    expect((await ask("PATCH", `${path}?status=stable`, merge({}, { "if-match": `"${id}.2"` }))).body.meta.status).toBe("stable");
    expect((await ask("GET", path)).headers.get("etag"), "becoming stable is a change that caches see").not.toBe(draftTag);
    expectProblem(await ask("PATCH", path, merge({ title: "Three" }, { "if-match": `"${id}.3"` })), 409, "CONFLICT");
    await ask("PUT", `/articles/${id}?status=draft`, { body: { title: "Four" } });
    expectProblem(await ask("PATCH", path, merge({ title: "x" }, { "if-match": `"${id}.4"` })), 409, "CONFLICT");
    expectProblem(await ask("PATCH", `/articles/${id}/revisions/7`, merge({}, { "if-match": `"${id}.4"` })), 404, "NOT_FOUND");
  });
});

describe("If-Match", () => {
  test("lets through who saw the version, and nobody else", async () => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "0" } })).body;
    let n = 0;
    const put = (tag: string) => ask("PUT", `/articles/${id}`, { body: { title: `${++n}` }, headers: { "if-match": tag } });
    for (const good of [`"${id}.1"`, `"${id}.2;gzip"`, `"x", "${id}.3"`, `"${id}.4","${id}.99"`, "*"])
      expect((await put(good)).status, good).toBe(200);
    for (const stale of [`"${id}.1"`, '"author_x.6"', `W/"${id}.6"`, `"${id}:1.sha256:00"`, `"${id}.06"`, `"${id}"`])
      expectProblem(await put(stale), 412, "VERSION_MISMATCH");
    expect((await put(`"${id}.1"`)).body).toMatchObject({ expected: 1, actual: 6, id });
    for (const malformed of ["6", `"${id}.6`, `${id}.6`, '"a" "b"', ",", "W/6"]) expectProblem(await put(malformed), 400, "BAD_REQUEST");
    expect((await ask("GET", `/articles/${id}`)).body.meta.version).toBe(6);
  });

  test("is demanded where the spec demands it", async () => {
    const { ask } = await openClient();
    await ask("POST", "/settings?key=a", { body: { value: "1" } });
    expectProblem(await ask("PUT", "/settings/setting_a", { body: { value: "2" } }), 428, "PRECONDITION_REQUIRED");
    expectProblem(await ask("DELETE", "/settings/setting_a", { headers: { "if-match": "*" } }), 428, "PRECONDITION_REQUIRED");
    expect((await ask("PUT", "/settings/setting_a", { body: { value: "2" }, headers: { "if-match": '"setting_a.1"' } })).status).toBe(200);
  });

  test("comes after NOT_FOUND", async () => {
    const { ask } = await openClient();
    expectProblem(await ask("DELETE", "/articles/article_nope", { headers: { "if-match": '"other.1"' } }), 404, "NOT_FOUND");
  });
});

test("what later releases bring is absent", async () => {
  const { ask } = await openClient();
  expectProblem(await ask("GET", "/metrics"), 404, "NOT_FOUND");
  expectProblem(await ask("GET", "/authors?asOf=2026-01-01T00:00:00Z"), 400, "BAD_REQUEST");
});
