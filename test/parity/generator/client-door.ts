import { type ActionJson, type BatchResult, createClient, type ResourceClient, SpecStarError } from "../../../src/client.ts";
import { type AnyAction, patchOf, refusalOf } from "./manager-door.ts";
import type { specs } from "./specs.ts";
import type { Door, Outcome, Step } from "./step.ts";
import type { Twin } from "./twin.ts";

/** The typed client, which asks over REST. */
export function clientDoor(twin: Twin): Door {
  const client = createClient<typeof specs>({ url: "http://door", fetch: twin.platform.fetch });
  return {
    name: "client",
    run: (step) =>
      call(client, step).catch((thrown: unknown) => {
        if (thrown instanceof SpecStarError) return refusalOf(thrown);
        throw thrown;
      }),
  };
}

type Client = ReturnType<typeof createClient<typeof specs>>;

function rowOf(result: BatchResult | SpecStarError): Outcome {
  if (result instanceof SpecStarError) return refusalOf(result);
  if (!("data" in result)) return { ...result };
  const { changed, output, ...resource } = result;
  return { resource, changed, output };
}

async function call(client: Client, step: Step): Promise<Outcome> {
  if (step.op === "transact") return { rows: (await client.transact(step.rows as never, step as never)).map(rowOf) };
  // Names are known to the generator alone.
  const resources = (name: string) => client.resource(name as "thing") as unknown as ResourceClient;
  if (step.op === "changes") {
    const { type, after, where, kinds } = step;
    const args = { after, where: where as never, kinds: kinds as never };
    const events = type === undefined ? client.changes(args) : resources(type).changes(args);
    const items: unknown[] = [];
    // Where nothing is to come, whether the cursor is taken is still to be seen: by the first event, which is READY.
    for await (const event of events) {
      if (event.kind !== "ready" && event.kind !== "bookmark") items.push(event);
      if (items.length >= step.expect) break;
    }
    return { items };
  }
  return onResources(resources(step.type), step);
}

const writtenOf = ({ created: _, replayed: __, ...resource }: object & { created?: unknown; replayed?: unknown }): Outcome => ({
  resource,
});

async function onResources(client: ResourceClient, step: Exclude<Step, { readonly op: "transact" | "changes" }>): Promise<Outcome> {
  switch (step.op) {
    case "create": {
      const written = await client.create(step.data, step);
      return { ...writtenOf(written), replayed: written.replayed };
    }
    case "upsert": {
      const written = await client.upsert(step.by, step.data, step);
      return { ...writtenOf(written), created: written.created, replayed: written.replayed };
    }
    case "action": {
      const actions: Readonly<Record<string, AnyAction<ActionJson>>> = client.actions;
      const { replayed, ...done } = { ...(await actions[step.action]?.(step.id, step.input, step)) } as ActionJson;
      return { ...rowOf(done), replayed };
    }
    case "batch": {
      const rows = step.rows.map((row) => ({ op: step.verb, ...(step.status ? { status: step.status } : {}), ...row }));
      return { rows: (await client.batch(rows as never)).map(rowOf) };
    }
    case "update":
      return writtenOf(await client.update(step.id, step.data, step));
    case "patch":
      return writtenOf(await client.patch(step.id, patchOf(step), step));
    case "modify":
      return writtenOf(
        await client.modify(step.id, patchOf(step), {
          ifVersion: step.ifVersion,
          ...(step.status ? { status: step.status } : {}),
        } as never),
      );
    case "switch":
      return writtenOf(await client.switch(step.id, step.revision, step));
    case "restore":
      return writtenOf(await client.restore(step.id, step));
    case "delete":
    case "purge":
      await client[step.op](step.id, step);
      return { done: true };
    case "get":
      return { resource: await client.get(step.id, step) };
    case "revision":
      return { revision: await client.revision(step.id, step.number) };
    case "revisions":
      return { ...(await client.revisions(step.id, step)) };
    case "diff":
      return { ...(await client.diff(step.id, step.from, step.to)) };
    case "referrers":
      return { groups: await client.referrers(step.id) };
    case "search": {
      const { op: _op, type: _type, ...args } = step;
      return { ...(await client.search({ ...args, total: true } as never)) };
    }
    case "count":
      return { count: await client.count(step.where as never) };
    case "aggregate": {
      const { op: _op, type: _type, ...args } = step;
      return { groups: await client.aggregate(args as never) };
    }
  }
}
