import { expect, test } from "vitest";
import { RunningExample } from "./run-example.ts";

test("05-own-route-template adds a route, replaces one, and leaves one out", async () => {
  const url = await new RunningExample("05-own-route-template").url();
  const send = (method: string, path: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const { id } = Object(await (await send("POST", "/notes", { text: "One" })).json());
  await send("PUT", `/notes/${id}`, { text: "Two" });

  const csv = await send("GET", `/notes/${id}/history.csv`, undefined);
  expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect((await csv.text()).split("\r\n")).toEqual([
    "revision,status,at,by",
    expect.stringMatching(/^1,stable,[\d:.TZ-]+,anonymous$/),
    expect.stringMatching(/^2,stable,[\d:.TZ-]+,anonymous$/),
    "",
  ]);
  expect((await send("GET", `/notes/${id}/history.csv?last=0`)).status).toBe(400);
  expect((await send("GET", `/notes/${id}/history.csv?nope=1`)).status).toBe(400);

  expect((await send("POST", `/notes/${id}/purge`)).status).toBe(404);
  const deleted = await send("DELETE", `/notes/${id}`);
  expect([deleted.status, Object(await deleted.json())]).toMatchObject([200, { id, meta: { deletedAt: expect.any(String) } }]);
}, 30_000);
