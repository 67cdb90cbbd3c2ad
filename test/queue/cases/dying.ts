import { expect } from "vitest";
import type { DeadMessage, MessageQueue } from "../../../src/queue/message-queue.ts";
import { type Case, deliveryLimit, eventually, expectDepth, inbox, message, messages, put, rest } from "../case.ts";

const ids = (dead: readonly DeadMessage[]) => dead.map(({ id }) => id);

/** Messages that die one after the other, in order. */
async function letDie(queue: MessageQueue, name: string, count: number): Promise<void> {
  for (const [i, each] of messages(count).entries()) {
    await put(queue, name, each);
    const box = await inbox(queue, name, async () => ({ dead: `reason ${i}` }));
    await expectDepth(queue, name, 0, i + 1);
    await box.consumer.close();
  }
}

/** Of messages that are delivered no more. */
export const dying: readonly Case[] = [
  {
    name: "delivers no more what its handler gave up, and keeps it with the reason",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1", { text: "Zoë" }));
      const box = await inbox(queue, jobs, async () => ({ dead: "No such type: thümbnail" }));
      await expectDepth(queue, jobs, 0, 1);
      await box.consumer.close();
      expect(box.deliveries).toHaveLength(1);
      expect(await queue.dead(jobs, 10)).toEqual([{ ...message("job_1", { text: "Zoë" }), reason: "No such type: thümbnail" }]);
      expect(await rest(queue, jobs)).toEqual([]);
    },
  },
  {
    name: "lets a message die that fails every time, with the last reason",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      const box = await inbox(queue, jobs, async ({ deliveries }) => {
        throw new TypeError(`broke ${deliveries}`);
      });
      await expectDepth(queue, jobs, 0, 1);
      await box.consumer.close();
      expect(box.deliveries).toHaveLength(deliveryLimit);
      expect(await queue.dead(jobs, 10)).toEqual([{ ...message("job_1"), reason: "broke 3 (delivery 3 of 3)" }]);
    },
  },
  {
    name: "lets a message die that is given back every time",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      const box = await inbox(queue, jobs, async () => "requeue");
      await expectDepth(queue, jobs, 0, 1);
      await box.consumer.close();
      expect(box.deliveries).toHaveLength(deliveryLimit);
    },
  },
  {
    name: "cuts reasons to what every carrier keeps",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      await inbox(queue, jobs, async () => ({ dead: `\0\ud800${"x".repeat(5000)}` }));
      await expectDepth(queue, jobs, 0, 1);
      expect((await queue.dead(jobs, 1))[0]?.reason).toBe(`\ufffd${"x".repeat(499)}`);
    },
  },
  {
    name: "shows some of the dead, the oldest first, and keeps them all",
    run: async ({ queue, jobs, mails }) => {
      await letDie(queue, jobs, 4);
      expect(ids(await queue.dead(jobs, 2))).toEqual(["job_0", "job_1"]);
      expect(ids(await queue.dead(jobs, 10))).toEqual(["job_0", "job_1", "job_2", "job_3"]);
      expect(await queue.dead(mails, 10)).toEqual([]);
      await expectDepth(queue, jobs, 0, 4);
    },
  },
  {
    name: "delivers the dead that are named as if they had never been",
    run: async ({ queue, jobs }) => {
      await letDie(queue, jobs, 4);
      expect(await queue.requeueDead(jobs, ["job_1", "job_3", "job_unknown"])).toBe(2);
      await expectDepth(queue, jobs, 2, 2);
      expect(ids(await queue.dead(jobs, 10))).toEqual(["job_0", "job_2"]);
      const box = await inbox(queue, jobs);
      await eventually(() => expect(box.deliveries).toHaveLength(2));
      expect(box.deliveries.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { ...message("job_1"), deliveries: 1 },
        { ...message("job_3"), deliveries: 1 },
      ]);
    },
  },
  {
    name: "delivers all the dead of one queue again",
    run: async ({ queue, jobs, mails }) => {
      await letDie(queue, jobs, 2);
      await letDie(queue, mails, 1);
      expect(await queue.requeueDead(jobs)).toBe(2);
      expect(await queue.requeueDead(jobs)).toBe(0);
      await expectDepth(queue, mails, 0, 1);
      expect((await rest(queue, jobs)).toSorted()).toEqual(["job_0", "job_1"]);
    },
  },
  {
    name: "keeps the dead when it is opened anew",
    needs: "durable",
    run: async ({ queue, jobs, reopen }) => {
      await letDie(queue, jobs, 1);
      const opened = await reopen();
      await expectDepth(opened, jobs, 0, 1);
      expect(await opened.dead(jobs, 1)).toEqual([{ ...message("job_0"), reason: "reason 0" }]);
    },
  },
];
