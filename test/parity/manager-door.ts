import type { Page, Resource, ResourceManager, RevisionView } from "../../src/index.ts";
import { SpecStarError } from "../../src/index.ts";
import { type Door, type Note, type Outcome, type ResourceOutcome, type RevisionOutcome, type Step, withoutNulls } from "./door.ts";

type Notes = ResourceManager<typeof Note>;

export const managerDoor = (notes: Notes): Door => ({
  name: "manager",
  run: (step) =>
    call(notes, step).catch((error: unknown) => {
      if (!(error instanceof SpecStarError)) throw error;
      const { issues, expected, actual, field } = error.details;
      return {
        code: error.code,
        ...(issues ? { issues: issues.map(({ path }) => path.join(".")) } : {}),
        ...(error.code === "VERSION_MISMATCH" ? { expected, actual } : {}),
        ...(error.code === "UNIQUE_VIOLATION" ? { field } : {}),
      } as Outcome;
    }),
});

async function call(notes: Notes, step: Step): Promise<Outcome> {
  switch (step.op) {
    case "create":
      return one(await notes.create(step.data as never, step));
    case "update":
      return one(await notes.update(step.id, step.data as never, step));
    case "patch":
    case "modify":
      return one(await notes[step.op](step.id, step.operations ? { operations: step.operations } : { merge: step.merge as never }, step));
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
