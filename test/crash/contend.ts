import { type Client, written } from "./client.ts";
import { Setting, settingOf } from "./notes.ts";
import type { Managers } from "./open-managers.ts";

export const contendedId = `${Setting.names.prefix}_contended`;

interface Contention {
  readonly workers: number;
  /** Ends when the resource has this version. */
  readonly versions?: number;
}

/** Writers that all want to make the next version of one resource. */
export async function contend({ settings }: Managers, client: Client, { workers, versions = 0 }: Contention): Promise<void> {
  await client.write({ operation: "createKeyed", type: Setting.name, id: contendedId }, async (actor) =>
    written(await settings.as(actor).create(settingOf(actor.id), { key: "contended" })),
  );
  const writer = async () => {
    for (;;) {
      const seen = await client.read(settings, contendedId);
      if (!seen) continue;
      if (seen.version >= versions) return;
      const ifVersion = seen.version;
      await client.write({ operation: "update", type: Setting.name, id: contendedId, ifVersion }, async (actor) =>
        written(await settings.as(actor).update(contendedId, settingOf(actor.id), { ifVersion })),
      );
    }
  };
  await Promise.all(Array.from({ length: workers }, writer));
}
