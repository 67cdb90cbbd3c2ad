import type { Page, Purged, Resource, ResourceManager, RevisionView, TransactOptions } from "../../src/index.ts";
import { SpecStarError } from "../../src/index.ts";
import {
  type Door,
  groupOutcome,
  type Note,
  type Outcome,
  type ResourceOutcome,
  type RevisionOutcome,
  type Step,
  withoutNulls,
} from "./door.ts";

interface Platform {
  readonly notes: ResourceManager<typeof Note>;
  readonly transact: (operations: never, options: TransactOptions) => Promise<readonly (Resource | Purged)[]>;
}

export const managerDoor = (platform: Platform): Door => ({
  name: "manager",
  run: (step) =>
    call(platform, step).catch((error: unknown) => {
      if (!(error instanceof SpecStarError)) throw error;
      return failure(error);
    }),
});

export function failure({ code, details: { issues, expected, actual, field, index, id, referrers } }: SpecStarError): Outcome {
  return {
    code,
    ...(issues ? { issues: issues.map(({ path }) => path.join(".")) } : {}),
    ...(code === "VERSION_MISMATCH" ? { expected, actual } : {}),
    ...(code === "UNIQUE_VIOLATION" ? { field } : {}),
    ...(code === "REFERENCE_VIOLATION" ? { ...(field ? { field } : {}), id, referrers: referrers ?? [] } : {}),
    ...(index === undefined ? {} : { index }),
  } as Outcome;
}

const rowOf = (result: Resource | Purged | SpecStarError): unknown =>
  result instanceof SpecStarError
    ? failure(result)
    : {
        id: result.id,
        changed: "changed" in result && result.changed,
        ...("output" in result && result.output ? { output: result.output } : {}),
      };

async function call({ notes, transact }: Platform, step: Step): Promise<Outcome> {
  switch (step.op) {
    case "upsert": {
      const written = await notes.upsert(step.by as never, step.data as never, step);
      return { resource: resourceOutcome(written), created: written.created };
    }
    case "batch":
      return { rows: (await notes.batch(step.rows.map((row) => ({ op: step.verb, ...row })) as never)).map(rowOf) };
    case "transact":
      return { rows: (await transact(step.rows.map((row) => ({ type: "note", ...row })) as never, step)).map(rowOf) };
    case "create":
      return one(await notes.create(step.data as never, step));
    case "update":
      return one(await notes.update(step.id, step.data as never, step));
    case "patch":
    case "modify":
      return one(await notes[step.op](step.id, step.operations ? { operations: step.operations } : { merge: step.merge as never }, step));
    case "bump": {
      const result = await notes.actions.bump(step.id, step.input, step);
      return { ...one(result), changed: result.changed, output: result.output };
    }
    case "switch":
      return one(await notes.switch(step.id, step.revision, step));
    case "restore":
      return one(await notes.restore(step.id, step));
    case "delete":
    case "purge":
      await notes[step.op](step.id, step);
      return { done: true };
    case "get":
      return one(await notes.get(step.id, step));
    case "revision":
      return { revision: revisionOutcome(await notes.revision(step.id, step)) };
    case "revisions":
      return page(await notes.revisions(step.id, step), revisionOutcome);
    case "diff": {
      const { operations, paths } = await notes.diff(step.id, step.from, step.to);
      return { diff: { operations, paths } };
    }
    case "search":
      return page(await notes.search({ ...step, total: true } as never), resourceOutcome);
    case "count":
      return { count: await notes.count(step.where as never) };
    case "aggregate":
      return { groups: (await notes.aggregate(step as never)).map(groupOutcome) };
  }
}

const one = (resource: Resource): Outcome => ({ resource: resourceOutcome(resource) });

function resourceOutcome({ id, data, meta, revision }: Resource): ResourceOutcome {
  return {
    id,
    data: withoutNulls(data),
    version: meta.version,
    number: revision.number,
    status: meta.status,
    deleted: meta.deletedAt !== null,
    count: meta.revisionCount,
  };
}

const revisionOutcome = ({ id, data, info }: RevisionView): RevisionOutcome => ({
  id,
  data: withoutNulls(data),
  parent: info.parent,
  status: info.status,
});

function page<T>(found: Page<T>, outcome: (item: T) => ResourceOutcome | RevisionOutcome): Outcome {
  return { items: found.items.map(outcome), total: found.totalCount ?? -1, next: found.hasNextPage, previous: found.hasPreviousPage };
}
