import { expect, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { defineResource } from "../../src/spec/resource.ts";
import { tamper, temporaryDirectory } from "../storage/disk-fixtures.ts";
import { openPlatform } from "../support/open-platform.ts";

const Note = defineResource("note", { schema: z.object({ text: z.string() }) });

test("damaged bytes are DATA_CORRUPTION on every door, one line in the log each time, and never an older revision", async () => {
  const dir = await temporaryDirectory();
  const lines: string[] = [];
  const platform = await openPlatform([Note], {
    storage: diskStorage(dir),
    log: { level: "error", destination: { write: (line) => lines.push(line) } },
  });
  const notes = platform.resource(Note);
  const { id } = await notes.create({ text: "older" });
  await notes.update(id, { text: "newer" });
  tamper(dir, "update specstar_revision set inline = replace(inline, 'newer', 'other')");

  const get = await platform.fetch(new Request(`http://test/notes/${id}`));
  expect([get.status, await get.json()]).toMatchObject([500, { code: "DATA_CORRUPTION", detail: expect.stringContaining("Restore it") }]);
  const asked = await platform.fetch(
    new Request("http://test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: `{ note(id: "${id}") { text } }` }),
    }),
  );
  expect(await asked.json()).toMatchObject({ data: { note: null }, errors: [{ extensions: { code: "DATA_CORRUPTION" } }] });
  await expect(notes.get(id)).rejects.toMatchObject({ code: "DATA_CORRUPTION" });

  const logged: { readonly code: string; readonly requestId: string }[] = lines.map((line) => JSON.parse(line));
  expect(logged.map(({ code }) => code)).toEqual(["DATA_CORRUPTION", "DATA_CORRUPTION"]);
  expect(new Set(logged.map(({ requestId }) => requestId)).size).toBe(2);
});
