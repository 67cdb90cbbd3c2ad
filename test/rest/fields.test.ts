import { describe, expect, test } from "vitest";
import { everyKind } from "../graphql/every-kind.ts";
import { openPlatform } from "../support/open-platform.ts";
import { clientOf, expectProblem, merge, openClient } from "./client.ts";

const whole = {
  text: "T",
  small: 1,
  large: 2,
  ratio: 0.5,
  day: "2026-01-31",
  moment: "2026-01-31T12:00:00Z",
  state: "open",
  fixed: "only",
  nothing: null,
  tags: ["a", "b"],
  counts: { x: 1, y: 2 },
  address: { city: "Wien", zone: "north", geo: { lat: 48, lon: 16 } },
  sections: [{ heading: "One" }, { heading: "Two" }],
  media: { kind: "image", url: "u" },
  notes: [
    { type: "plain", text: "p" },
    { type: "link", href: "h" },
  ],
};

async function sample() {
  const ask = clientOf((await openPlatform(everyKind)).fetch);
  const made = await ask("POST", "/samples", { body: whole });
  expect(made.status, made.text).toBe(201);
  return { ask, id: String(made.body.id), path: `/samples/${made.body.id}` };
}

describe("fields", () => {
  test.each<[fields: string, shown: object]>([
    ["text", { data: { text: "T" } }],
    ["id", {}],
    ["nothing,maybe", { data: { nothing: null } }],
    ["address.geo.lat,address.city", { data: { address: { city: "Wien", geo: { lat: 48 } } } }],
    ["address.geo.lat,address", { data: { address: whole.address } }],
    ["sections.heading", { data: { sections: whole.sections } }],
    ["counts.x", { data: { counts: { x: 1 } } }],
    ["counts.__proto__", { data: { counts: {} } }],
    ["media.url,media.kind", { data: { media: whole.media } }],
    ["notes.href", { data: { notes: [{}, { href: "h" }] } }],
    ["meta.version,text", { data: { text: "T" }, meta: { version: 1 } }],
    ["revision.number,revision.status", { revision: { number: 1, status: "stable" } }],
    ["text,text", { data: { text: "T" } }],
  ])("%s", async (fields, shown) => {
    const { ask, id, path } = await sample();
    const one = await ask("GET", `${path}?fields=${fields}`);
    expect(one.body).toEqual({ id, ...shown });
    expect((await ask("GET", `/samples?fields=${fields}`)).body.items).toEqual([{ id, ...shown }]);
    expect((await ask("POST", "/samples/search", { body: { fields } })).body.items).toEqual([{ id, ...shown }]);
    expect((await ask("POST", "/samples/search", { body: { fields: fields.split(",") } })).body.items).toEqual([{ id, ...shown }]);
  });

  test("meta and revision as a whole are what they are without fields", async () => {
    const { ask, path } = await sample();
    const { meta, revision } = (await ask("GET", path)).body;
    expect((await ask("GET", `${path}?fields=meta,revision`)).body).toMatchObject({ meta, revision });
    expect((await ask("GET", `${path}?fields=meta`)).body).not.toHaveProperty("data");
  });

  test.each([
    "",
    "nope",
    "text.",
    ".text",
    "text.length",
    "data.text",
    "tags.0",
    "address.nope",
    "media.nope",
    "meta.nope",
    "meta.version.x",
    "meta.toString",
    "revision.data",
    "__proto__",
    "constructor",
    "id.x",
    "text,,day",
    Array.from({ length: 101 }, () => "text").join(),
    "x".repeat(5000),
  ])("%j is refused, and named", async (fields) => {
    const { ask, path } = await sample();
    for (const answer of [
      await ask("GET", `${path}?fields=${fields}`),
      await ask("GET", `/samples?fields=${fields}`),
      await ask("POST", "/samples/search", { body: { fields } }),
      await ask("GET", `${path}/revisions?fields=${fields}`),
    ]) {
      expectProblem(answer, 400, "BAD_REQUEST");
      expect(answer.body.field).toBe("fields");
      expect(answer.text.length).toBeLessThan(2000);
    }
  });

  test("revisions answer parts of themselves", async () => {
    const { ask, id, path } = await sample();
    await ask("PATCH", path, merge({ text: "U" }));
    const list = await ask("GET", `${path}/revisions?fields=text,revision.number`);
    expect(list.body.items).toEqual([
      { id: `${id}:1`, number: 1, data: { text: "T" } },
      { id: `${id}:2`, number: 2, data: { text: "U" } },
    ]);
    const one = await ask("GET", `${path}/revisions/2?fields=text`);
    expect(one.body).toEqual({ id: `${id}:2`, data: { text: "U" } });
    expect(one.headers.get("etag")).toMatch(/^"sample_\w+:2\.sha256:[0-9a-f]{64};fields-[0-9a-f]{16}"$/);
    expect(
      (await ask("GET", `${path}/revisions/2?fields=text`, { headers: { "if-none-match": one.headers.get("etag") ?? "" } })).status,
    ).toBe(304);
    expectProblem(await ask("GET", `${path}/revisions?fields=meta`), 400, "BAD_REQUEST");
  });

  test("each form has a tag of its own, which holds a write to the version all the same", async () => {
    const { ask, path } = await sample();
    const tagOf = async (fields: string) => (await ask("GET", `${path}?fields=${fields}`)).headers.get("etag") ?? "";
    const [text, day, both, turned] = [await tagOf("text"), await tagOf("day"), await tagOf("day,text"), await tagOf("text,day")];
    expect(new Set([text, day, both, (await ask("GET", path)).headers.get("etag")]).size).toBe(4);
    expect(turned).toBe(both);
    const known = async (fields: string) => (await ask("GET", `${path}?fields=${fields}`, { headers: { "if-none-match": text } })).status;
    expect([await known("text"), await known("day")]).toEqual([304, 200]);
    expect((await ask("GET", path, { headers: { "if-none-match": text } })).status).toBe(200);
    expect((await ask("PATCH", path, merge({ text: "U" }, { "if-match": text }))).status).toBe(200);
    expectProblem(await ask("PATCH", path, merge({ text: "V" }, { "if-match": text })), 412, "VERSION_MISMATCH");
  });

  test("links keep them", async () => {
    const { ask } = await openClient();
    for (const title of ["a", "b"]) await ask("POST", "/articles", { body: { title } });
    const page = await ask("GET", "/articles?fields=title&first=1&orderBy=title");
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
    expect((await ask("GET", next)).body.items).toEqual([{ id: expect.any(String), data: { title: "b" } }]);
  });
});

test("a link has the size of page that the platform was given", async () => {
  const { ask } = await openClient({ limits: { defaultPageSize: 2 } });
  for (const title of ["a", "b", "c", "d", "e"]) await ask("POST", "/articles", { body: { title } });
  const page = await ask("GET", "/articles?orderBy=title");
  expect(page.body.items).toHaveLength(2);
  const next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
  expect(next).toContain("first=2");
  expect((await ask("GET", next)).body.items).toHaveLength(2);
});
