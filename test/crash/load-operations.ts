import { TypeID } from "typeid-js";
import { fail } from "../../src/errors.ts";
import { create as created } from "../storage/fixtures.ts";
import { blobPut, type Client, purged, written } from "./client.ts";
import type { Answer } from "./client-log.ts";
import { Note, noteOf, Setting, settingOf } from "./notes.ts";
import type { Managers } from "./open-managers.ts";
import { below, pick, type Random } from "./random.ts";

/** What an operation of the load works with. */
export interface Work {
  readonly managers: Managers;
  readonly client: Client;
  readonly random: Random;
  /** Notes that are worked on; the newest are preferred, so that writers meet. */
  readonly notes: string[];
  /** The only ones that are purged: a purge takes the replies of idempotency keys with it. */
  readonly own: string[];
  /** Who shares idempotency keys with whom: the same for all processes of one cycle. */
  readonly shared: string;
}

const settingKeys = 24;
const hot = 24;

function noteId({ random, notes }: Work): string | undefined {
  return random() < 0.7 ? pick(random, notes.slice(-hot)) : pick(random, notes);
}

function target(work: Work) {
  const { random, managers } = work;
  if (random() < 0.2)
    return { manager: managers.settings, id: `${Setting.names.prefix}_k${below(random, settingKeys)}`, type: Setting.name };
  const id = noteId(work);
  return id === undefined ? undefined : { manager: managers.notes, id, type: Note.name };
}

export const createNote = (client: Client, { notes }: Managers, status: "stable" | "draft" = "stable"): Promise<Answer> =>
  client.write({ operation: "create", type: Note.name }, async (actor) =>
    written(await notes.as(actor).create(noteOf(actor.id), { status })),
  );

async function create(work: Work, status: "stable" | "draft" = "stable"): Promise<void> {
  const { client, managers, notes, own, random } = work;
  const answer = await createNote(client, managers, status);
  for (const { id } of answer.states) {
    notes.push(id);
    if (random() < 0.2) own.push(id);
  }
}

/** Under an idempotency key that others use as well, or that is used again at once. */
async function createOnce(work: Work): Promise<void> {
  const { client, managers, random, shared, notes } = work;
  const by = `${shared}-${below(random, 200)}`;
  const answers = Array.from({ length: 1 + below(random, 3) }, () =>
    client.write({ operation: "createOnce", type: Note.name, by }, async (actor) =>
      written(await managers.notes.as(actor).create(noteOf(by), { idempotencyKey: by })),
    ),
  );
  for (const { states, replayed } of await Promise.all(answers)) if (!replayed) notes.push(...states.map(({ id }) => id));
}

/** A note that uses a blob: purged with it, or replaced by an update, the blob goes too. */
async function createWithFile(work: Work): Promise<void> {
  const { client, managers, notes, own, random } = work;
  const put = await putBlob(work);
  const file = put.states[0]?.id;
  if (file === undefined) return;
  const answer = await client.write({ operation: "create", type: Note.name }, async (actor) =>
    written(await managers.notes.as(actor).create({ ...noteOf(actor.id), file }, { status: random() < 0.5 ? "draft" : "stable" })),
  );
  for (const { id } of answer.states) {
    notes.push(id);
    if (random() < 0.5) own.push(id);
  }
}

async function createKeyed({ client, managers, random }: Work): Promise<void> {
  const key = `k${below(random, settingKeys)}`;
  await client.write({ operation: "createKeyed", type: Setting.name, id: `${Setting.names.prefix}_${key}` }, async (actor) =>
    written(await managers.settings.as(actor).create(settingOf(actor.id), { key })),
  );
}

/** Two notes in one unit of work. */
async function createPair({ client, managers, notes }: Work): Promise<void> {
  const answer = await client.write({ operation: "createPair", type: Note.name, count: 2 }, async ({ id: by }) => {
    const versions = [0, 1].map((index) => {
      const id = TypeID.fromUUID(Note.names.prefix, managers.context.uuid()).toString();
      return created(Note, { ...noteOf(`${by}/${index}`) }, { id, by, at: managers.context.now() });
    });
    const [result] = await managers.storage.commit([{ changes: versions.map(({ change }) => change) }]);
    if (!result?.ok) throw fail("CONFLICT", `The pair was refused: ${result?.failure.kind}`);
    const states = versions.map(({ meta, revision }) => ({ id: meta.id, version: 1, revision: 1, hash: revision.hash }));
    return { states, changed: true, replayed: false };
  });
  notes.push(...answer.states.map(({ id }) => id));
}

/** The data that a writer gives to a resource of either spec. */
const dataFor = (type: string, by: string) => ({ note: noteOf(by), setting: settingOf(by) })[type] ?? noteOf(by);

async function update(work: Work, ifVersion: boolean): Promise<void> {
  const { client, managers } = work;
  const at = target(work);
  if (!at) return;
  const seen = ifVersion ? await client.read(at.manager, at.id) : undefined;
  if (ifVersion && !seen) return;
  const options = seen ? { ifVersion: seen.version } : {};
  await client.write({ operation: "update", type: at.type, id: at.id, ifVersion: seen?.version ?? null }, async (actor) =>
    written(
      at.type === Note.name
        ? await managers.notes.as(actor).update(at.id, noteOf(actor.id), options)
        : await managers.settings.as(actor).update(at.id, settingOf(actor.id), options),
    ),
  );
}

async function patch(work: Work): Promise<void> {
  const at = target(work);
  if (!at) return;
  const byOperations = work.random() < 0.5;
  await work.client.write({ operation: "patch", type: at.type, id: at.id }, async (actor) => {
    const data = dataFor(at.type, actor.id);
    const change = byOperations
      ? { operations: Object.entries(data).map(([field, value]) => ({ op: "add" as const, path: `/${field}`, value })) }
      : { merge: data };
    return written(await at.manager.as(actor).patch(at.id, change));
  });
}

async function modify(work: Work): Promise<void> {
  const at = target(work);
  const seen = at && (await work.client.read(at.manager, at.id));
  if (!at || seen?.revision.status !== "draft") return create(work, "draft");
  const status = work.random() < 0.2 ? ("stable" as const) : ("draft" as const);
  const ifVersion = seen.version;
  await work.client.write({ operation: "modify", type: at.type, id: at.id, ifVersion }, async (actor) =>
    written(await at.manager.as(actor).modify(at.id, { merge: dataFor(at.type, actor.id) }, { ifVersion, status })),
  );
}

async function switchTo(work: Work): Promise<void> {
  const at = target(work);
  const seen = at && (await work.client.read(at.manager, at.id));
  if (!at || !seen) return;
  const number = 1 + below(work.random, seen.meta.revisionCount);
  await work.client.write({ operation: "switch", type: at.type, id: at.id }, async (actor) =>
    written(await at.manager.as(actor).switch(at.id, number)),
  );
}

async function remove(work: Work): Promise<void> {
  const at = target(work);
  if (!at) return;
  await work.client.write({ operation: "delete", type: at.type, id: at.id }, async (actor) =>
    written(await at.manager.as(actor).delete(at.id)),
  );
}

async function restore(work: Work): Promise<void> {
  const at = target(work);
  if (!at) return;
  await work.client.write({ operation: "restore", type: at.type, id: at.id }, async (actor) =>
    written(await at.manager.as(actor).restore(at.id)),
  );
}

async function purge({ client, managers, own }: Work): Promise<void> {
  const id = own.shift();
  if (id === undefined) return;
  await client.write({ operation: "purge", type: Note.name, id }, async (actor) => purged(await managers.notes.as(actor).purge(id)));
}

async function putBlob({ client, managers }: Work): Promise<Answer> {
  return client.write({ operation: "putBlob", type: "blob" }, async (actor) =>
    blobPut(await managers.blobs.put(Buffer.from(noteOf(actor.id).text), { actor })),
  );
}

async function read(work: Work): Promise<void> {
  const at = target(work);
  if (at) await work.client.read(at.manager, at.id);
}

/** The mix, each with its share. */
export const mix: readonly (readonly [number, (work: Work) => Promise<unknown>])[] = [
  [22, create],
  [6, createOnce],
  [3, createKeyed],
  [4, createPair],
  [16, (work) => update(work, false)],
  [10, (work) => update(work, true)],
  [10, patch],
  [10, modify],
  [7, switchTo],
  [6, remove],
  [6, restore],
  [2, purge],
  [2, putBlob],
  [4, createWithFile],
  [10, read],
];
