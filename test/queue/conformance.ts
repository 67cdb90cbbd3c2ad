import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { MessageQueue } from "../../src/queue/message-queue.ts";
import type { Case, Env, Process } from "./case.ts";
import { consuming } from "./cases/consuming.ts";
import { dying } from "./cases/dying.ts";
import { putting } from "./cases/putting.ts";

export type CarrierName = "embedded in memory" | "embedded in SQLite" | "embedded in PostgreSQL" | "RabbitMQ";

/** What every carrier has to say of itself before it can be tested: a new one does not compile without a line here. */
export const carriers: Record<CarrierName, MessageQueue["capabilities"]> = {
  "embedded in memory": { durable: false, shared: false },
  "embedded in SQLite": { durable: true, shared: true },
  "embedded in PostgreSQL": { durable: true, shared: true },
  RabbitMQ: { durable: true, shared: true },
};

/** The laws of `MessageQueue`. */
const groups = { putting, consuming, dying } satisfies Readonly<Record<string, readonly Case[]>>;
export const cases: readonly Case[] = Object.values(groups).flat();

/** A place for queues that nobody else has. */
export interface World {
  /** A carrier that is not open yet, as one process has it, with a `deliveryLimit` of 3. */
  readonly process: () => Promise<Process>;
  /** All processes are closed. `queues` are those that were made. */
  readonly cleanup: (queues: readonly string[]) => Promise<void> | void;
}

export type StartWorld = () => Promise<World>;

/** An environment for one case, and how to put it away. */
export async function startEnv({ process, cleanup }: World): Promise<{ env: Env; stop: () => Promise<void> }> {
  const unique = randomUUID().slice(0, 8);
  const [jobs, mails] = [`jobs_${unique}`, `mails_${unique}`];
  const started: Process[] = [];
  const killed = new Set<Process>();
  const another = async (): Promise<Process> => {
    const made = await process();
    const kill = () => {
      killed.add(made);
      made.kill();
    };
    started.push(made);
    await made.queue.open([jobs, mails]);
    return { queue: made.queue, kill };
  };
  const { queue } = await another();
  const reopen = async () => {
    await queue.close();
    return (await another()).queue;
  };
  const stop = async () => {
    // Whoever was killed has nobody left who could close it in order.
    for (const each of started) if (!killed.has(each)) await each.queue.close();
    await cleanup([jobs, mails, `${jobs}_more`]);
  };
  return { env: { queue, jobs, mails, another, reopen }, stop };
}

/** The conformance suite. A carrier's test file is one call of it, and what is special of that carrier. */
export function queueConformance(name: CarrierName, start: StartWorld): void {
  describe(`the message queue on ${name}`, () => {
    let stop: (() => Promise<void>) | undefined;
    afterEach(async () => {
      await stop?.();
      stop = undefined;
    });

    test("says what it can do", async () => {
      const started = await startEnv(await start());
      stop = started.stop;
      expect(started.env.queue.capabilities).toEqual(carriers[name]);
    });

    for (const [group, of] of Object.entries<readonly Case[]>(groups)) {
      const run = of.filter(({ needs }) => needs === undefined || carriers[name][needs]);
      describe(group, () => {
        test.each(run)("$name", async (each) => {
          const started = await startEnv(await start());
          stop = started.stop;
          await each.run(started.env);
        });
      });
    }
  });
}
