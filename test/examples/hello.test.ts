import { expect, test } from "vitest";
import { ask, getJson, RunningExample } from "./run-example.ts";

test("00-hello answers over GraphQL and REST", async () => {
  const url = await new RunningExample("00-hello").url();
  const created = await ask(url, `mutation { createNote(data: { text: "Hello" }) { ... on CreateNoteSuccess { note { text done } } } }`);
  expect(created).toEqual({ createNote: { note: { text: "Hello", done: false } } });
  expect(await getJson(`${url}/notes?done=false`)).toMatchObject({ items: [{ data: { text: "Hello", done: false } }] });
});
