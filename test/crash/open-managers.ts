import { anonymous } from "../../src/manager/actor.ts";
import { allowAll } from "../../src/manager/authorize.ts";
import { Blobs } from "../../src/manager/blobs/blobs.ts";
import { createCore } from "../../src/manager/create-core.ts";
import { ResourceManager } from "../../src/manager/resource-manager.ts";
import { type Context, systemContext } from "../../src/storage/context.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { Note, Setting, specs } from "./notes.ts";

export interface Managers {
  readonly notes: ResourceManager<typeof Note>;
  readonly settings: ResourceManager<typeof Setting>;
  readonly blobs: Blobs;
  readonly storage: IStorage;
  readonly context: Context;
  close(): Promise<void>;
}

/** The operations, without the doors above them: a process that is to be killed starts faster. */
export async function openManagers(storage: IStorage, context: Context = systemContext, of = specs): Promise<Managers> {
  const { core, open, close } = createCore({
    storage,
    specs: of,
    plugins: [],
    authorize: allowAll,
    context,
    limits: {},
    onCommit: () => {},
    onHandlerError: () => {},
  });
  await open();
  return {
    notes: new ResourceManager(core, Note, anonymous),
    settings: new ResourceManager(core, Setting, anonymous),
    blobs: new Blobs(core, open),
    storage,
    context,
    close,
  };
}
