import { expect, test } from "vitest";
import { City, Country } from "../../examples/01-atlas/resources.ts";
import { openClient } from "../rest/client.ts";
import { chromiumMissing, openBrowser } from "../support/chromium.ts";
import { openPlatform } from "../support/open-platform.ts";

test("the page runs its own programs alone, is framed by nobody, and is not sent twice", async () => {
  const { platform } = await openClient({ openapi: { servers: [{ url: "https://api.example.com/v1" }] } });
  const ask = (path: string, headers: Record<string, string> = {}) => platform.fetch(new Request(`http://door${path}`, { headers }));
  const page = await ask("/docs", { accept: "text/html" });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = page.headers.get("content-security-policy");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self' https://api.example.com;");
  expect(policy).toContain("frame-ancestors 'none'");
  for (const path of ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/start.js"]) {
    const file = await ask(path);
    expect([file.status, (await file.text()).length > 100], path).toEqual([200, true]);
    expect((await ask(path, { "if-none-match": file.headers.get("etag") ?? "" })).status, path).toBe(304);
  }
});

test.skipIf(chromiumMissing !== undefined)(
  `the reference shows the routes in a browser, calls one, and asks this server alone ${chromiumMissing ?? ""}`,
  async () => {
    const platform = await openPlatform([Country, City], { rest: { basePath: "/api" } });
    const { url } = await platform.listen({ port: 0 });
    const browser = await openBrowser();
    const asked: string[] = [];
    const complaints: string[] = [];
    browser.on("request", (request) => asked.push(request.url()));
    browser.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    browser.on("weberror", (thrown) => complaints.push(String(thrown.error())));
    const page = await browser.newPage();
    await page.goto(`${url}/api/docs`);

    const create = page.locator("#operations-country-createCountry");
    await create.locator(".opblock-summary-control").click();
    await create.getByRole("button", { name: "Try it out" }).click();
    await create.getByRole("button", { name: "Execute" }).click();
    const answer = create.locator(".live-responses-table tbody .response-col_status");
    await expect.poll(async () => answer.first().textContent(), { timeout: 20_000 }).toContain("201");
    expect((await platform.resource(Country).get("country_XSP")).data.cca2).toBe("XS");

    expect(complaints).toEqual([]);
    expect([...new Set(asked.filter((each) => !each.startsWith("data:")).map((each) => new URL(each).origin))]).toEqual([url]);
  },
  120_000,
);
