import { type BatchResult, createClient, type ResourceJson, SpecStarError } from "../../src/client.ts";
import type { Door, Note, Outcome, Step } from "./door.ts";
import { failure } from "./manager-door.ts";
import { page, resource as resourceOutcome, revisionOf } from "./rest-door.ts";

type Fetch = (request: Request) => Promise<Response>;
type Client = ReturnType<typeof createClient<readonly [typeof Note]>>;

/** The typed client, which asks over REST. */
export function clientDoor(fetch: Fetch): Door {
  const client = createClient<readonly [typeof Note]>({ url: "http://door", fetch });
  return {
    name: "client",
    run: (step) =>
      call(client, step).catch((error: unknown) => {
        if (!(error instanceof SpecStarError)) throw error;
        return failure(error);
      }),
  };
}

const rowOf = (result: BatchResult | SpecStarError): unknown =>
  result instanceof SpecStarError
    ? failure(result)
    : { id: result.id, changed: result.changed, ...("output" in result ? { output: result.output } : {}) };

async function call({ note, transact }: Client, step: Step): Promise<Outcome> {
  switch (step.op) {
    case "upsert": {
      const written = await note.upsert(step.by as never, step.data as never, step);
      return { ...one(written), created: written.created };
    }
    case "batch":
      return { rows: (await note.batch(step.rows.map((row) => ({ op: step.verb, ...row })) as never)).map(rowOf) };
    case "transact":
      return { rows: (await transact(step.rows.map((row) => ({ type: "note", ...row })) as never, step)).map(rowOf) };
    case "create":
      return one(await note.create(step.data as never, step));
    case "update":
      return one(await note.update(step.id, step.data as never, step));
    case "patch":
      return one(await note.patch(step.id, changeOf(step), step));
    case "modify":
      return one(await note.modify(step.id, changeOf(step), { ifVersion: step.ifVersion, status: step.status }));
    case "bump": {
      const result = await note.actions.bump(step.id, step.input, step);
      return { ...one(result), changed: result.changed, output: result.output };
    }
    case "switch":
      return one(await note.switch(step.id, step.revision, step));
    case "restore":
      return one(await note.restore(step.id, step));
    case "delete":
    case "purge":
      await note[step.op](step.id, step);
      return { done: true };
    case "get":
      return one(await note.get(step.id, step));
    case "revision":
      return { revision: revisionOf(await note.revision(step.id, step.number)) };
    case "revisions":
      return page(await note.revisions(step.id, step), revisionOf);
    case "diff": {
      const { operations, paths } = await note.diff(step.id, step.from, step.to);
      return { diff: { operations, paths } };
    }
    case "search": {
      const { op: _op, ...search } = step;
      return page(await note.search({ ...search, total: true } as never), resourceOutcome);
    }
    case "count":
      return { count: await note.count(step.where as never) };
    case "aggregate": {
      const { op: _op, ...args } = step;
      return { groups: await note.aggregate(args as never) };
    }
  }
}

const changeOf = ({ operations, merge }: Extract<Step, { op: "patch" | "modify" }>) =>
  operations ? { operations } : { merge: merge as never };

const one = (resource: ResourceJson) => ({ resource: resourceOutcome(resource) });
