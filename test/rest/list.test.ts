import { describe, expect, test } from "vitest";
import { countingStorage } from "../graphql/counting-storage.ts";
import { type Answer, type Client, expectProblem, openClient } from "./client.ts";

async function filled(): Promise<Client> {
  const { ask } = await openClient();
  for (const [i, title] of ["alpha", "beta", "gamma, delta", "a&b=c", "100%"].entries()) {
    await ask("POST", "/articles", { body: { title, views: i * 10, tags: i % 2 ? ["odd"] : ["even", "x"] } });
  }
  return ask;
}

const titles = ({ body }: Answer): string[] => body.items.map((item: { data: { title: string } }) => item.data.title);

test("one list with its count, one get, one write: one storage call each", async () => {
  const { storage, calls } = countingStorage();
  const { ask } = await openClient({ storage });
  const { body } = await ask("POST", "/articles", { body: { title: "alpha" } });
  expect(calls.splice(0)).toEqual(["commit"]);
  await ask("GET", "/articles?title=alpha&count=true&orderBy=-views");
  expect(calls.splice(0)).toEqual(["search article"]);
  await ask("GET", `/articles/${body.id}`);
  expect(calls.splice(0)).toEqual(["read article"]);
});

describe("list", () => {
  test.each([
    ["title=beta", ["beta"]],
    [`title=${encodeURIComponent("a&b=c")}`, ["a&b=c"]],
    ["title=100%25", ["100%"]],
    ["views[gte]=10&views[lt]=30", ["beta", "gamma, delta"]],
    ["views%5Bgte%5D=30", ["a&b=c", "100%"]],
    ["views[in]=0,10", ["alpha", "beta"]],
    ["views[in]=0&views[in]=10", ["alpha", "beta"]],
    [`title[in]=${encodeURIComponent("gamma, delta")}&title[in]=beta`, ["beta", "gamma, delta"]],
    ["title[iStartsWith]=AL", ["alpha"]],
    ["tags[has]=odd", ["beta", "a&b=c"]],
    ["tags[hasAll]=even&tags[hasAll]=x", ["alpha", "gamma, delta", "100%"]],
    ["tags[length]=1", ["beta", "a&b=c"]],
    ["tags[length][gt]=1", ["alpha", "gamma, delta", "100%"]],
    ["tags[isEmpty]=true", []],
    ["note[isNull]=true&views=0", ["alpha"]],
    ["meta.version=1&meta.status=stable&views[gt]=30", ["100%"]],
    ["meta.createdAt[gt]=2099-01-01T00:00:00Z", []],
    ['where={"or":[{"views":{"eq":0}},{"title":{"eq":"beta"}}]}', ["alpha", "beta"]],
    ['where={"views":{"gte":10}}&title=alpha', []],
    ["orderBy=-views&first=2", ["100%", "a&b=c"]],
    ["orderBy=-views,title&last=1", ["alpha"]],
    ["first=0", []],
  ])("?%s", async (query, expected) => {
    const ask = await filled();
    const page = await ask("GET", `/articles?${query}`);
    expect(page.status, page.text).toBe(200);
    expect(titles(page)).toEqual(expected);
  });

  test("counts only when asked", async () => {
    const ask = await filled();
    expect((await ask("GET", "/articles?first=1")).body).not.toHaveProperty("totalCount");
    expect((await ask("GET", "/articles?first=1&count=true&views[gt]=0")).body.totalCount).toBe(4);
    expect((await ask("GET", "/articles/count?views[gt]=0")).body).toEqual({ count: 4 });
    expect((await ask("GET", '/articles/count?where={"views":{"eq":10}}')).body).toEqual({ count: 1 });
  });

  test("answers as of an instant, in a page, by its links, and in a body", async () => {
    const ask = await filled();
    const { items } = (await ask("GET", "/articles?orderBy=-views&first=1")).body;
    const [newest] = items;
    const asOf = newest.meta.updatedAt;
    await new Promise((resolve) => setTimeout(resolve, 2));
    await ask("PATCH", `/articles/${newest.id}`, {
      body: { title: "renamed", views: -1 },
      headers: { "content-type": "application/merge-patch+json" },
    });
    const then = await ask("GET", `/articles?orderBy=-views&first=2&count=true&asOf=${asOf}`);
    expect(titles(then)).toEqual(["100%", "a&b=c"]);
    expect(then.body).toMatchObject({ totalCount: 5, items: [{ ...newest }, {}] });
    const next = /<([^>]+)>; rel="next"/.exec(then.headers.get("link") ?? "")?.[1] ?? "";
    expect(titles(await ask("GET", next))).toEqual(["gamma, delta", "beta"]);
    expectProblem(await ask("GET", next.replace(/asOf=[^&]+&?/, "")), 400, "BAD_REQUEST");
    const body = { where: { title: { eq: "100%" } }, asOf };
    expect(titles(await ask("POST", "/articles/search", { body }))).toEqual(["100%"]);
    expect(titles(await ask("GET", "/articles?title=100%25"))).toEqual([]);
  });

  test("walks forth and back by its links", async () => {
    const ask = await filled();
    const seen: string[] = [];
    const follow = (page: Answer, rel: string) => new RegExp(`<([^>]+)>; rel="${rel}"`).exec(page.headers.get("link") ?? "")?.[1];
    let page = await ask("GET", "/articles?orderBy=-views&first=2&views[gte]=0");
    expect(follow(page, "prev")).toBeUndefined();
    for (let next = follow(page, "next"); ; next = follow(page, "next")) {
      seen.push(...titles(page));
      if (!next) break;
      page = await ask("GET", next);
    }
    expect(seen).toEqual(["100%", "a&b=c", "gamma, delta", "beta", "alpha"]);
    page = await ask("GET", follow(page, "prev") ?? "");
    expect(titles(page)).toEqual(["gamma, delta", "beta"]);
    expect((await ask("GET", "/articles")).headers.get("link")).toBeNull();
  });

  test("includes deleted ones when asked", async () => {
    const ask = await filled();
    const [item] = (await ask("GET", "/articles?title=beta")).body.items;
    await ask("DELETE", `/articles/${item.id}`);
    expect(titles(await ask("GET", "/articles?title=beta"))).toEqual([]);
    expect(titles(await ask("GET", "/articles?title=beta&includeDeleted=true"))).toEqual(["beta"]);
  });

  test("search says the same in a body", async () => {
    const ask = await filled();
    const found = await ask("POST", "/articles/search", {
      body: { where: { views: { gte: 10 } }, orderBy: ["-views"], first: 2, count: true },
    });
    expect(titles(found)).toEqual(["100%", "a&b=c"]);
    expect(found.body).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    const next = await ask("POST", "/articles/search", {
      body: { where: { views: { gte: 10 } }, orderBy: "-views", after: found.body.pageInfo.endCursor },
    });
    expect(titles(next)).toEqual(["gamma, delta", "beta"]);
  });
});

const bad: readonly { readonly shown: string; readonly query: string; readonly code: string; readonly field?: string | undefined }[] = (
  [
    ["limit=5", "BAD_REQUEST", "limit"],
    ["__proto__=1", "BAD_REQUEST", "__proto__"],
    ["constructor[prototype]=1", "BAD_REQUEST"],
    ["toString=1", "BAD_REQUEST"],
    ["title[__proto__]=1", "BAD_REQUEST"],
    ["title[nope]=1", "BAD_REQUEST"],
    ["title[eq][eq]=1", "BAD_REQUEST"],
    ["title=a&title=b", "BAD_REQUEST"],
    ["first=1&first=2", "BAD_REQUEST", "first"],
    ["first=-1", "BAD_REQUEST", "first"],
    ["first=1e9", "BAD_REQUEST", "first"],
    ["first=201", "BAD_REQUEST", "first"],
    ["first=99999999999999", "BAD_REQUEST", "first"],
    ["last=-3", "BAD_REQUEST", "last"],
    ["first=1&last=1", "BAD_REQUEST"],
    ["first=", "BAD_REQUEST", "first"],
    ["asOf=", "BAD_REQUEST", "asOf"],
    ["asOf=2026-01-31", "BAD_REQUEST", "asOf"],
    ["asOf=2026-01-31T12:00:00Z&author=x", "BAD_REQUEST"],
    ["count=1", "BAD_REQUEST", "count"],
    ["after=nonsense", "BAD_REQUEST", "after"],
    ["before=%00", "BAD_REQUEST", "before"],
    ["orderBy=", "BAD_REQUEST", "orderBy"],
    ["orderBy=-", "BAD_REQUEST", "orderBy"],
    ["orderBy=extra", "NOT_INDEXED", "extra"],
    ["extra.a=1", "NOT_INDEXED", "extra"],
    ["orderBy=title,title", "BAD_REQUEST"],
    ["orderBy=tags", "BAD_REQUEST"],
    ["orderBy=body", "NOT_INDEXED", "body"],
    ["body=x", "NOT_INDEXED", "body"],
    ["views=ten", "BAD_REQUEST"],
    ["views=1.5", "BAD_REQUEST"],
    ["views[in]=1,x", "BAD_REQUEST"],
    ["views[isNull]=maybe", "BAD_REQUEST"],
    ["title=%00", "BAD_REQUEST"],
    ["title=%FF", "BAD_REQUEST"],
    ["%E0%A4%A=1", "BAD_REQUEST"],
    ["meta=1", "BAD_REQUEST"],
    ["meta.nope=1", "BAD_REQUEST"],
    ["where=", "BAD_REQUEST"],
    ["where={", "BAD_REQUEST"],
    ["where=[]", "BAD_REQUEST"],
    ["where=null", "BAD_REQUEST"],
    ['where={"title":null}', "BAD_REQUEST"],
    ['where={"title":"x"}', "BAD_REQUEST"],
    ['where={"__proto__":{"eq":1}}', "BAD_REQUEST"],
    ['where={"title":{"eq":"a","eq":"b"}}', "BAD_REQUEST"],
    [`where=${"[".repeat(5000)}`, "BAD_REQUEST"],
    [`${"x".repeat(10_000)}=1`, "BAD_REQUEST"],
    [`title'"--=1`, "BAD_REQUEST"],
  ] satisfies [string, string, string?][]
).map(([query, code, field]) => ({ shown: query.slice(0, 40), query, code, field }));

test.each(bad)("?$shown is refused as $code", async ({ query, code, field }) => {
  const { ask } = await openClient();
  const answer = await ask("GET", `/articles?${query}`);
  expectProblem(answer, 400, code);
  if (field) expect(answer.body.field).toBe(field);
  expect(answer.text.length).toBeLessThan(2000);
});

test.each([
  [[]],
  [{ limit: 1 }],
  [{ __proto__x: 1, first: "1" }],
  [{ first: 1.5 }],
  [{ where: [] }],
  [{ orderBy: [1] }],
  [{ count: "true" }],
  [{ after: 3 }],
  [{ asOf: 1 }],
  [{ toString: 1 }],
  [null],
])("search refuses the body %j", async (body) => {
  const { ask } = await openClient();
  expectProblem(await ask("POST", "/articles/search", { body }), 400, "BAD_REQUEST");
});

test("a spec that keeps no history says how it would", async () => {
  const { ask } = await openClient();
  for (const answer of [
    await ask("GET", "/pages?asOf=2026-01-31T12:00:00Z"),
    await ask("POST", "/pages/search", { body: { asOf: "2026-01-31T12:00:00Z" } }),
  ]) {
    expectProblem(answer, 400, "BAD_REQUEST");
    expect(answer.body).toMatchObject({ field: "asOf", detail: expect.stringContaining("history: true") });
  }
});

test("a cursor of another order names the argument that held it", async () => {
  const { ask } = await openClient();
  await ask("POST", "/articles", { body: { title: "a" } });
  const { endCursor } = (await ask("GET", "/articles?orderBy=title")).body.pageInfo;
  for (const field of ["after", "before"])
    expect((await ask("GET", `/articles?orderBy=-views&${field}=${endCursor}`)).body).toMatchObject({ code: "BAD_REQUEST", field });
});

test("what cannot be indexed is not advised to be", async () => {
  const { ask } = await openClient();
  for (const name of ["extra", "extra.a"]) {
    const { body } = await ask("GET", `/articles?orderBy=${name}`);
    expect(body).toMatchObject({
      code: "NOT_INDEXED",
      detail: `Field ${name} of article cannot be filtered, sorted or grouped by: extra is a record`,
    });
  }
  expect((await ask("GET", "/articles?orderBy=body")).body.detail).toContain('Add it to the spec: index: ["body"]');
});
