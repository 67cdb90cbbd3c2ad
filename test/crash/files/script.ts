import { blobPut, type Client, purged, type Result, written } from "../client.ts";
import type { OperationName } from "../client-log.ts";
import { Note, noteOf } from "../notes.ts";
import type { Managers } from "../open-managers.ts";

/** Every write that makes, replaces or takes away files, one after the other, until told to stop. Failed ones are passed over. */
export async function fileScript(managers: Managers, client: Client, goesOn: () => boolean): Promise<void> {
  const ids: string[] = [];
  const { notes, blobs } = managers;
  const write = async (operation: OperationName, id: string | null, ifVersion: number | null, run: (by: string) => Promise<Result>) => {
    if (!goesOn() || id === "") return;
    const type = operation === "putBlob" ? "blob" : Note.name;
    const { states } = await client.write({ operation, type, id, ifVersion }, (actor) => run(actor.id));
    const [state] = states;
    if (state && operation === "create") ids.push(state.id);
  };
  const as = (by: string) => notes.as({ id: by, roles: [], claims: {} });
  await write("create", null, null, async (by) => written(await as(by).create(noteOf(by))));
  await write("create", null, null, async (by) => written(await as(by).create(noteOf(by), { status: "draft" })));
  await write("putBlob", null, null, async (by) =>
    blobPut(await blobs.put(Buffer.from(noteOf(by).text), { actor: { id: by, roles: [], claims: {} } })),
  );
  const [first = "", draft = ""] = ids;
  await write("update", first, null, async (by) => written(await as(by).update(first, noteOf(by))));
  await write("modify", draft, 1, async (by) => written(await as(by).modify(draft, { merge: noteOf(by) }, { ifVersion: 1 })));
  await write("purge", first, null, async (by) => purged(await as(by).purge(first)));
  await write("create", null, null, async (by) => written(await as(by).create(noteOf(by))));
  if (goesOn() && draft !== "") await client.read(notes, draft);
}
