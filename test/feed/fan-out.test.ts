import { rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { newDirectory } from "../support/new-directory.ts";
import { fanOut } from "./fan-out.ts";
import { ServerFleet } from "./server-fleet.ts";
import { poll, send, transports } from "./transports.ts";

async function folder(): Promise<string> {
  const made = await newDirectory("feed");
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return `disk:${made}`;
}

test("nothing is missing, repeated or out of order while connections and servers break", async () => {
  const plan = { processes: 2, subscribers: 20, events: 200, resources: 10, reconnects: 2, kills: 1 };
  const report = await fanOut({ ...plan, storage: await folder() });
  expect(report).toMatchObject({ lost: 0, missing: 0, repeated: 0, outOfOrder: 0 });
  expect(report.delivered).toBe(20 * report.written);
  expect(report.written).toBeGreaterThanOrEqual(200);
  expect(report.reconnected).toBeGreaterThanOrEqual(40);
});

test("a cursor of one process goes on in another, and after a restart", async () => {
  const fleet = new ServerFleet(await folder());
  onTestFinished(() => fleet.stop());
  await fleet.start(2);
  const [one = "", other = ""] = fleet.urls;
  const { cursor } = await poll(one, {});
  const ids: unknown[] = [];
  for (let i = 0; i < 4; i++) ids.push(Object((await send("POST", `${i % 2 ? one : other}/articles`, { title: `T${i}` })).body).id);
  const first = await poll(one, { after: cursor }, { limit: "1" });
  await fleet.replace(0);
  await fleet.replace(1);
  for (const url of fleet.urls) {
    for (const subscribe of Object.values(transports)) {
      const subscription = await subscribe(url, { after: first.cursor });
      const events = [];
      for (let i = 0; i < 4; i++) events.push(await subscription.next());
      expect(events.map((event) => event?.id)).toEqual([null, ...ids.slice(1)]);
      subscription.close();
    }
  }
});
