import type { ActionResult, Page, Purged, Resource, ResourceManager, RevisionView, Written } from "../../../src/index.ts";
import { SpecStarError } from "../../../src/index.ts";
import { type Door, type Outcome, type PatchOf, plain, type Step } from "./step.ts";
import type { Twin } from "./twin.ts";

/** TypeScript: the reference for the other doors. */
export const managerDoor = (twin: Twin): Door => ({
  name: "manager",
  run: (step) =>
    call(twin, step).catch((thrown: unknown) => {
      if (thrown instanceof SpecStarError) return refusalOf(thrown);
      throw thrown;
    }),
});

export const refusalOf = ({ code, message, details }: SpecStarError): Outcome => plain({ code, message, ...details });

const writtenOf = (written: Written): Outcome => plain({ resource: written, changed: written.changed });
const rowOf = (result: Written | Purged | SpecStarError): Outcome => {
  if (result instanceof SpecStarError) return refusalOf(result);
  if (!("version" in result)) return { id: result.id, changed: result.changed };
  return { ...writtenOf(result), created: result.created, ...("output" in result ? plain<Outcome>({ output: result.output }) : {}) };
};

export const patchOf = ({ merge, operations }: PatchOf) => (operations ? { operations } : { merge: merge ?? {} });

const pageOf = (page: Page<Resource> | Page<RevisionView>): Outcome =>
  plain({ items: page.items, pageInfo: page.pageInfo, totalCount: page.totalCount });

async function call(twin: Twin, step: Step): Promise<Outcome> {
  const manager = "type" in step && step.type !== undefined ? twin.manager(step.type) : undefined;
  if (step.op === "transact") return { rows: (await twin.platform.transact(step.rows as never, step)).map(rowOf) };
  if (step.op === "changes") {
    const { after, where, kinds, type } = step;
    const args = { after, where, kinds: kinds as never, limit: 200, types: type === undefined ? undefined : [type] };
    const { items, cursor } = await twin.platform.feed.poll(twin.actor, args);
    return plain({ items, cursor });
  }
  return manager ? onResources(manager, step) : {};
}

/** Names are known to the generator alone. */
export type AnyAction<Result> = (id: string, input: Readonly<Record<string, unknown>> | undefined, options: object) => Promise<Result>;

async function onResources(manager: ResourceManager, step: Exclude<Step, { readonly op: "transact" | "changes" }>): Promise<Outcome> {
  switch (step.op) {
    case "create": {
      const written = await manager.create(step.data, step);
      return { ...writtenOf(written), replayed: written.replayed };
    }
    case "upsert": {
      const written = await manager.upsert(step.by, step.data, step);
      return { ...writtenOf(written), created: written.created, replayed: written.replayed };
    }
    case "action": {
      const actions: Readonly<Record<string, AnyAction<ActionResult>>> = manager.actions;
      const result = await actions[step.action]?.(step.id, step.input, step);
      return { ...(result ? rowOf(result) : {}), created: undefined, replayed: result?.replayed };
    }
    case "batch": {
      const rows = step.rows.map((row) => ({ op: step.verb, ...(step.status ? { status: step.status } : {}), ...row }));
      return { rows: (await manager.batch(rows as never)).map(rowOf) };
    }
    case "update":
      return writtenOf(await manager.update(step.id, step.data, step));
    case "patch":
      return writtenOf(await manager.patch(step.id, patchOf(step), step));
    case "modify":
      return writtenOf(await manager.modify(step.id, patchOf(step), step as never));
    case "switch":
      return writtenOf(await manager.switch(step.id, step.revision, step));
    case "delete":
    case "restore":
      return writtenOf(await manager[step.op](step.id, step));
    case "purge":
      return { ...(await manager.purge(step.id, step)) };
    case "get":
      return { resource: plain(await manager.get(step.id, step)) };
    case "revision":
      return { revision: plain(await manager.revision(step.id, { number: step.number })) };
    case "revisions":
      return pageOf(await manager.revisions(step.id, step));
    case "diff":
      return plain(await manager.diff(step.id, step.from, step.to));
    case "referrers":
      return { groups: plain(await manager.referrers(step.id)) };
    case "search":
      return pageOf(await manager.search({ ...step, total: true } as never));
    case "count":
      return { count: await manager.count(step.where as never) };
    case "aggregate":
      return { groups: plain(await manager.aggregate(step as never)) };
  }
}
