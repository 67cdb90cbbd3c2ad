import { expect, test } from "vitest";
import { RunningExample } from "./run-example.ts";

test("03-write-a-plugin makes slugs, and counts what each writer has done", async () => {
  const url = await new RunningExample("03-write-a-plugin").url();
  const send = async (method: string, path: string, body?: unknown) => {
    const headers = { "content-type": "application/json", "x-writer": "ann" };
    const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: Object(await response.json()) };
  };
  const first = await send("POST", "/posts", { title: "Où est l'été?" });
  expect(first).toMatchObject({ status: 201, body: { data: { slug: "ou-est-l-ete" } } });
  expect(await send("POST", "/posts", { title: "Chosen", slug: "mine" })).toMatchObject({ body: { data: { slug: "mine" } } });
  expect(await send("POST", "/posts", { title: "…" })).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED", plugin: "slug" } });
  await send("PUT", `/posts/${first.body.id}`, { title: "Winter" });
  await expect.poll(async () => (await send("GET", "/tallies/tally_ann")).body.data?.changes).toBe(3);
  expect(await send("GET", "/parked-events")).toMatchObject({ status: 200, body: { items: [] } });
}, 30_000);
