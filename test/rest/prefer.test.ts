import { expect, test } from "vitest";
import { expectProblem, merge, openClient } from "./client.ts";

const minimal = { prefer: "return=minimal" };

test("return=minimal answers every write without a body, with the headers that it has else", async () => {
  const { ask } = await openClient();
  const made = await ask("POST", "/articles", { body: { title: "a" }, headers: minimal });
  const path = made.headers.get("location") ?? "";
  const id = path.split("/").at(-1);
  expect([made.status, made.text, made.headers.get("etag")]).toEqual([201, "", `"${id}.1"`]);
  expect([made.headers.get("preference-applied"), made.headers.get("content-type")]).toEqual(["return=minimal", null]);
  const writes = [
    await ask("PATCH", path, merge({ views: 1 }, minimal)),
    await ask("PUT", path, { body: { title: "b" }, headers: minimal }),
    await ask("POST", `${path}/switch/1`, { headers: minimal }),
  ];
  expect(writes.map(({ status, text, headers }) => [status, text, headers.get("etag"), headers.get("preference-applied")])).toEqual(
    [2, 3, 4].map((version) => [204, "", `"${id}.${version}"`, "return=minimal"]),
  );
  expect((await ask("DELETE", path, { headers: minimal })).status).toBe(204);
  expect((await ask("POST", `${path}/restore`, { headers: minimal })).status).toBe(204);
  const upserted = await ask("PUT", "/pages?slug=s", { body: { slug: "s", text: "t" }, headers: minimal });
  expect([upserted.status, upserted.text, upserted.headers.has("location")]).toEqual([201, "", true]);
  expect((await ask("PUT", "/pages?slug=s", { body: { slug: "s", text: "u" }, headers: minimal })).status).toBe(204);
  const draft = await ask("POST", "/articles?status=draft", { body: { title: "d" } });
  const modified = await ask(
    "PATCH",
    `/articles/${draft.body.id}/revisions/1`,
    merge({ title: "e" }, { ...minimal, "if-match": draft.headers.get("etag") ?? "" }),
  );
  expect([modified.status, modified.text]).toEqual([204, ""]);
});

test("a replay under an idempotency key says so without a body too", async () => {
  const { ask } = await openClient();
  const headers = { ...minimal, "idempotency-key": "k" };
  await ask("POST", "/articles", { body: { title: "a" }, headers });
  const again = await ask("POST", "/articles", { body: { title: "a" }, headers });
  expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([201, "", "true"]);
});

test.each<[prefer: string, applied: string | null]>([
  ["return=minimal", "return=minimal"],
  ['return="minimal"', "return=minimal"],
  ["respond-async, wait=10, Return = Minimal; foo=bar", "return=minimal"],
  ["return=representation", "return=representation"],
  ["return=representation, return=minimal", "return=representation"],
  ["return=nothing", null],
  ["return", null],
  ["returns=minimal", null],
  [",,;=", null],
])("Prefer: %s", async (prefer, applied) => {
  const { ask } = await openClient();
  const made = await ask("POST", "/articles", { body: { title: "a" }, headers: { prefer } });
  expect([made.status, made.headers.get("preference-applied")]).toEqual([201, applied]);
  expect(made.text === "").toBe(applied === "return=minimal");
});

test("reads, lists of operations and problems keep their bodies", async () => {
  const { ask } = await openClient();
  const { id } = (await ask("POST", "/articles", { body: { title: "a" } })).body;
  expect((await ask("GET", `/articles/${id}`, { headers: minimal })).body.id).toBe(id);
  expect((await ask("POST", "/articles/batch", { body: [{ op: "delete", id }], headers: minimal })).body).toHaveLength(1);
  expectProblem(await ask("POST", "/articles", { body: {}, headers: minimal }), 422, "VALIDATION_FAILED");
  expect((await ask("POST", `/articles/${id}/purge`, { headers: minimal })).body).toEqual({ id });
});
