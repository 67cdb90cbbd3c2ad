import { expect, test } from "vitest";
import type { FeedEvent, Plugin } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";
import { actionCases } from "./action-cases.ts";
import { aggregateCases } from "./aggregate-cases.ts";
import { cases } from "./cases.ts";
import { clientDoor } from "./client-door.ts";
import { type Door, Note, type Outcome } from "./door.ts";
import { graphqlDoor } from "./graphql-door.ts";
import { managerDoor } from "./manager-door.ts";
import { manyCases } from "./many-cases.ts";
import { referenceCases } from "./reference-cases.ts";
import { restDoor } from "./rest-door.ts";

interface Behind {
  readonly door: Door;
  /** What plugins and subscribers heard. */
  readonly events: unknown[];
  feed(): Promise<unknown[]>;
}

const doors = ["manager", "graphql", "rest", "client"] as const;

/** A platform of its own behind each door. */
async function open(name: (typeof doors)[number]): Promise<Behind> {
  const events: unknown[] = [];
  const listening: Plugin<readonly [typeof Note]> = {
    name: "listening",
    on: {
      "*.*.after": ({ operation, id, result }) => void events.push([operation, id ?? result?.id, result?.version]),
      "*.*.failure": ({ operation, error }) => void events.push([operation, "failed", error.code]),
    },
  };
  const platform = await openPlatform([Note], { plugins: [listening] });
  const anonymous = platform.resource(Note).actor;
  const started = platform.feed.subscribe(anonymous, { types: ["note"] });
  await started.next();
  const feed = async () => {
    const heard: unknown[] = [];
    const head = (await platform.resource(Note).search({ includeDeleted: true, first: 200 })).items.length;
    // An action has an event of its own, and no change but those that it made.
    const writes = events.filter((event) => Array.isArray(event) && event[1] !== "failed" && event[0] !== "bump").length;
    while (heard.length < writes && head >= 0) {
      const { value } = await started.next();
      const { kind, id, version, revision, previous } = value as FeedEvent;
      heard.push([kind, id, version, revision, previous]);
    }
    await started.return(undefined);
    return heard;
  };
  const made = {
    manager: () => managerDoor({ notes: platform.resource(Note), transact: platform.transact }),
    graphql: () => graphqlDoor(platform.fetch),
    rest: () => restDoor(platform.fetch),
    client: () => clientDoor(platform.fetch),
  };
  return { door: made[name](), events, feed };
}

test.each([...cases, ...manyCases, ...aggregateCases, ...actionCases, ...referenceCases])(
  "$name",
  async ({ steps, code, graphql, answer }) => {
    const behind = await Promise.all(doors.map(open));
    const [manager, ...edges] = await Promise.all(
      behind.map(async ({ door, events, feed }) => {
        const outcomes: Outcome[] = [];
        for (const step of steps) outcomes.push(await door.run(step));
        return { name: door.name, outcomes, events, feed: await feed() };
      }),
    );
    const last = manager?.outcomes.at(-1);
    expect(last && "code" in last ? last.code : undefined).toBe(code);
    if (answer) expect(last).toMatchObject("rows" in answer || "groups" in answer ? answer : { resource: answer });

    for (const { name, outcomes, events, feed } of edges) {
      const differs = name === "graphql" && graphql;
      expect(outcomes.slice(0, -1), name).toEqual(manager?.outcomes.slice(0, -1));
      // Failures that GraphQL's own errors carry have a code and no more.
      const expected = code && !differs && outcomes.at(-1) && Object.keys(outcomes.at(-1) ?? {}).length === 1 ? { code } : last;
      expect(outcomes.at(-1), name).toEqual(differs ? { code: graphql } : expected);
      if (differs !== "BAD_REQUEST") expect(events, name).toEqual(manager?.events);
      expect(feed, name).toEqual(manager?.feed);
    }
  },
);
