import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { City, Country } from "../../examples/01-atlas/resources.ts";
import { chromiumMissing, openBrowser } from "../support/chromium.ts";
import { openPlatform } from "../support/open-platform.ts";

/** GraphiQL of the atlas' specs, and what its page asked for and complained of. */
async function openGraphiQL() {
  const platform = await openPlatform([Country, City]);
  const { url } = await platform.listen({ port: 0 });
  const asked: string[] = [];
  const complaints: string[] = [];
  const browser = await openBrowser();
  browser.on("request", (request) => asked.push(request.url()));
  browser.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  browser.on("weberror", (thrown) => complaints.push(String(thrown.error())));
  const page = await browser.newPage();
  page.on("websocket", (socket) => asked.push(socket.url()));
  await page.goto(`${url}/graphql`);
  return { platform, url, page, asked, complaints };
}

/** Opens a tab, and runs what is in it. */
async function run(page: Page, tab: string): Promise<void> {
  const wanted = page.getByRole("tab").filter({ hasText: tab });
  // Until all editors are there, the page may overlook a click.
  const chosen = async () => {
    await wanted.click();
    return wanted.getAttribute("aria-selected");
  };
  await expect.poll(chosen, { timeout: 20_000, interval: 500 }).toBe("true");
  await execute(page);
}

const execute = (page: Page): Promise<void> => page.getByRole("button", { name: /^Execute query/ }).click();

/** The answer on the right. The editor draws spaces as others. */
const shown = async (page: Page): Promise<string> => ((await page.locator(".result-window").textContent()) ?? "").replaceAll("\u00a0", " ");

/** Waits until the answer on the right holds these texts. */
async function answered(page: Page, ...texts: readonly string[]): Promise<void> {
  const text = async () => {
    const now = await shown(page);
    // A tab's operations are read a moment after it is shown: until then the page does not know what to execute, and says so.
    if (now.includes("Cannot infer operation")) await execute(page);
    return now;
  };
  await expect.poll(text, { timeout: 20_000, interval: 200 }).toSatisfy((text: string) => texts.every((each) => text.includes(each)));
}

// The page is 9 MB of program: a busy machine takes its time over it.
test.skipIf(chromiumMissing !== undefined)(
  `GraphiQL runs its examples in a browser, and asks this server alone ${chromiumMissing ?? ""}`,
  async () => {
    const { platform, url, page, asked, complaints } = await openGraphiQL();
    await run(page, "Countries");
    await answered(page, `"totalCount": 0`);

    await run(page, "CreateCountry");
    await answered(page, `"__typename": "CreateCountrySuccess"`, `"id": "country_XSP"`);

    await run(page, "CountryChanges");
    await answered(page, `"kind": "READY"`);
    const patched = await fetch(`${url}/countries/country_XSP`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ region: "Oceania" }),
    });
    expect(patched.status).toBe(200);
    await answered(page, `"kind": "UPDATED"`, `"region": "Oceania"`, `"path": "/region"`);

    await run(page, "CountryHistory");
    await answered(page, `"number": 1`, `"number": 2`, `"path": "/region"`);

    expect(complaints).toEqual([]);
    const origins = new Set(
      asked.map((each) =>
        each
          .replace(/^blob:/, "")
          .split("/")
          .slice(0, 3)
          .join("/"),
      ),
    );
    expect([...origins].toSorted()).toEqual([url, url.replace("http:", "ws:")]);
    expect((await platform.resource(Country).get("country_XSP")).data.region).toBe("Oceania");
  },
  120_000,
);
