import { expect, test } from "vitest";
import { getJson, RunningExample, temporaryDirectory } from "./run-example.ts";

async function patchCity(url: string, id: string, population: number): Promise<void> {
  const response = await fetch(`${url}/cities/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ population }),
  });
  expect(response.status).toBe(200);
}

test("06-typed-client queries, subscribes, and misses nothing while the server starts anew", async () => {
  const env = { DATA_DIR: await temporaryDirectory(), ATLAS_LIMIT: "20" };
  const atlas = new RunningExample("01-atlas", env);
  await atlas.printed(/Ctrl-C stops/);
  const url = await atlas.url();
  const { items } = Object(await getJson(`${url}/cities?first=1`));
  const [{ id, data }] = items;

  const client = new RunningExample("06-typed-client", { ATLAS_URL: url });
  await client.printed(/The largest of \d+ cities:\n {2}\S.*: \d+\n[\s\S]*READY/);
  await patchCity(url, id, 11);
  await client.printed(new RegExp(`UPDATED ${data.name} replace /population 11\n`));

  await atlas.end("SIGTERM");
  await client.printed(/Connection lost/);
  const again = new RunningExample("01-atlas", { ...env, PORT: new URL(url).port });
  await again.printed(/answering at/);
  await patchCity(url, id, 12);
  await patchCity(url, id, 13);
  await client.printed(/replace \/population 12\n[\s\S]*replace \/population 13\n/);
  expect(client.output.match(/UPDATED/g)).toHaveLength(3);
}, 90_000);
