import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { onTestFinished } from "vitest";
import { fail } from "../../src/errors.ts";

/** The one named, or where Debian's package puts it. */
const executablePath = process.env.SPECSTAR_TEST_CHROMIUM ?? "/usr/bin/chromium";

const howTo =
  "Chromium is not there: name one with SPECSTAR_TEST_CHROMIUM=/path/to/chromium, or install it: sudo apt-get install -y --no-install-recommends chromium";

/** Why tests in a browser are skipped, by name, with the command that brings it; in CI they never are. */
export const chromiumMissing: string | undefined = existsSync(executablePath) ? undefined : howTo;
if (chromiumMissing !== undefined && process.env.CI) throw fail("UNAVAILABLE", chromiumMissing);

/** A headless browser that nobody has used before and that asks nobody for anything by itself; gone with the test. */
export async function openBrowser(): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), "specstar-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    chromiumSandbox: false,
    // Editors draw the lines that are in sight, and no others.
    viewport: { width: 1400, height: 1600 },
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Whatever it may ask for all the same finds nobody.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  onTestFinished(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  });
  return browser;
}
