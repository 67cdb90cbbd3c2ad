import { expect } from "vitest";
import type { Settlement } from "../../../src/queue/message-queue.ts";
import { acked, type Case, deliveryLimit, eventually, expectDepth, hanging, inbox, message, messages, put, rest } from "../case.ts";

/** Of what is delivered, and of those who consume it. */
export const consuming: readonly Case[] = [
  {
    name: "delivers as many at once as were asked for, and no more",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, ...messages(9));
      const settle: (() => void)[] = [];
      const box = await inbox(queue, jobs, () => new Promise<Settlement>((resolve) => settle.push(() => resolve("ack"))), 4);
      await eventually(() => expect(box.deliveries).toHaveLength(4));
      await expectDepth(queue, jobs, 5);
      settle.shift()?.();
      await eventually(() => expect(box.deliveries).toHaveLength(5));
      await expectDepth(queue, jobs, 4);
      expect(box.deliveries).toHaveLength(5);
    },
  },
  {
    name: "gives each message to one of several consumers",
    run: async ({ queue, jobs, another }) => {
      const boxes = [await inbox(queue, jobs), await inbox(queue, jobs), await inbox((await another()).queue, jobs)];
      await put(queue, jobs, ...messages(200));
      const all = () => boxes.flatMap((box) => box.ids());
      await eventually(() => expect(all().length).toBeGreaterThanOrEqual(200));
      for (const { consumer } of boxes) await consumer.close();
      expect(all().toSorted()).toEqual(
        messages(200)
          .map(({ id }) => id)
          .toSorted(),
      );
    },
  },
  {
    name: "delivers again what was given back, and counts",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      const box = await inbox(queue, jobs, async ({ deliveries }) => (deliveries < 3 ? "requeue" : "ack"));
      await eventually(() => expect(box.deliveries.map(({ deliveries }) => deliveries)).toEqual([1, 2, 3]));
      await box.consumer.close();
      expect(box.deliveries.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => message("job_1").body));
      await expectDepth(queue, jobs, 0);
    },
  },
  {
    name: "delivers again where the handler failed, and once more is not once less for the others",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, ...messages(4));
      const box = await inbox(queue, jobs, async ({ id, deliveries }) => {
        if (id === "job_2" && deliveries === 1) throw new TypeError("It broke");
        return "ack";
      });
      await eventually(() => expect(box.deliveries).toHaveLength(5));
      await box.consumer.close();
      expect(box.ids().toSorted()).toEqual(["job_0", "job_1", "job_2", "job_2", "job_3"]);
      await expectDepth(queue, jobs, 0);
    },
  },
  {
    name: "takes no answer, and one that is none, for a failure",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      // As a handler in JavaScript may be.
      const forgetful = (): Promise<Settlement> => Promise.resolve(JSON.parse("null"));
      const box = await inbox(queue, jobs, ({ deliveries }) => (deliveries === 1 ? forgetful() : acked({ id: "", body: "", deliveries })));
      await eventually(() => expect(box.deliveries).toHaveLength(2));
      await box.consumer.close();
      await expectDepth(queue, jobs, 0);
    },
  },
  {
    name: "delivers nothing after a consumer was closed, and waits for what is out",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      let finish: () => void = () => {};
      const box = await inbox(queue, jobs, () => new Promise<Settlement>((resolve) => (finish = () => resolve("ack"))));
      await eventually(() => expect(box.deliveries).toHaveLength(1));
      let closed = false;
      const closing = box.consumer.close().then(() => {
        closed = true;
      });
      await put(queue, jobs, message("job_2"));
      await expectDepth(queue, jobs, 1);
      expect(closed).toBe(false);
      finish();
      await closing;
      expect(box.ids()).toEqual(["job_1"]);
      expect(await rest(queue, jobs)).toEqual(["job_2"]);
    },
  },
  {
    name: "gives back what is not settled when it is closed, and settles it no more",
    run: async ({ queue, jobs, another }) => {
      const { queue: first } = await another();
      await put(queue, jobs, message("job_1"));
      let finish: () => void = () => {};
      const box = await inbox(first, jobs, () => new Promise<Settlement>((resolve) => (finish = () => resolve("ack"))));
      await eventually(() => expect(box.deliveries).toHaveLength(1));
      await first.close();
      await expectDepth(queue, jobs, 1);
      finish();
      const again = await inbox(queue, jobs, hanging);
      await eventually(() => expect(again.deliveries).toEqual([{ ...message("job_1"), deliveries: 2 }]));
    },
  },
  {
    name: "delivers again what a process held that died",
    run: async ({ queue, jobs, another }) => {
      const first = await another();
      await put(queue, jobs, message("job_1"), message("job_2"));
      const box = await inbox(first.queue, jobs, hanging);
      await eventually(() => expect(box.deliveries).toHaveLength(2));
      first.kill();
      const again = await inbox(queue, jobs);
      await eventually(() => expect(again.ids().toSorted()).toEqual(["job_1", "job_2"]));
      expect(again.deliveries.map(({ deliveries }) => deliveries)).toEqual([2, 2]);
    },
  },
  {
    name: "lets a message die that every process dies of",
    run: async ({ queue, jobs, another }) => {
      await put(queue, jobs, message("job_1"));
      for (let delivery = 1; delivery <= deliveryLimit; delivery++) {
        const victim = await another();
        const box = await inbox(victim.queue, jobs, hanging);
        await eventually(() => expect(box.deliveries.map(({ deliveries }) => deliveries)).toEqual([delivery]));
        victim.kill();
      }
      await expectDepth(queue, jobs, 0, 1);
      expect(await queue.dead(jobs, 10)).toEqual([{ ...message("job_1"), reason: "Never settled; deliveries: 3" }]);
    },
  },
  {
    name: "answers nothing any more when it is closed, and closes twice",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      await queue.close();
      await queue.close();
      for (const ask of [
        () => queue.put(jobs, [message("job_2")]),
        () => queue.consume(jobs, acked),
        () => queue.depth(jobs),
        () => queue.dead(jobs, 1),
        () => queue.requeueDead(jobs),
      ])
        await expect(ask()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    },
  },
];
