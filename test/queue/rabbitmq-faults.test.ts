import { describe, expect, onTestFinished, test } from "vitest";
import { type RabbitmqOptions, rabbitmqQueue } from "../../src/rabbitmq.ts";
import { rabbitmqUrl, withoutRabbitmq } from "../support/rabbitmq-broker.ts";
import { eventually, expectDepth, hanging, inbox, message, messages, put, rest } from "./case.ts";
import { atBroker, openBroken } from "./rabbitmq-world.ts";

const unavailable = { code: "UNAVAILABLE" };

/** Opens a carrier that must be refused. */
async function refusal(options: Partial<RabbitmqOptions>, queues: readonly string[] = []): Promise<unknown> {
  const queue = rabbitmqQueue({ url: rabbitmqUrl, ...options });
  onTestFinished(() => queue.close());
  return queue.open(queues).catch((thrown: unknown) => thrown);
}

const elsewhere = (change: (url: URL) => void): string => {
  const url = new URL(rabbitmqUrl);
  change(url);
  return url.href;
};

describe("the message queue on RabbitMQ", () => {
  if (withoutRabbitmq()) return;

  describe("while the broker is out of reach", () => {
    test("refuses puts at once, and takes them when it is back", async () => {
      const { queue, proxy } = await openBroken();
      await put(queue, "jobs", message("job_1"));
      proxy.set({ kind: "refuse" });
      await eventually(async () =>
        expect(await queue.put("jobs", [message("job_2")])).toEqual([{ ok: false, error: expect.objectContaining(unavailable) }]),
      );
      await expect(queue.depth("jobs")).rejects.toMatchObject(unavailable);
      proxy.set({ kind: "none" });
      await eventually(async () => expect(await queue.put("jobs", [message("job_3")])).toEqual([{ ok: true }]));
      const found = await rest(queue, "jobs");
      expect(found).toEqual(expect.arrayContaining(["job_1", "job_3"]));
    });

    test("says that the outcome is unknown of what was sent and not confirmed", async () => {
      const { queue, proxy } = await openBroken();
      await put(queue, "jobs", message("job_1"));
      proxy.set({ kind: "loseReply" });
      expect(await queue.put("jobs", [message("job_2")])).toEqual([
        { ok: false, error: expect.objectContaining({ ...unavailable, details: { reason: "outcome unknown" } }) },
      ]);
      proxy.set({ kind: "none" });
      await eventually(async () => expect(await queue.put("jobs", [message("job_3")])).toEqual([{ ok: true }]));
      // It was there all the same: whoever puts it again has it twice.
      expect((await rest(queue, "jobs")).toSorted()).toEqual(["job_1", "job_2", "job_3"]);
    });

    test("does not wait for a confirm for ever", async () => {
      const { queue, proxy } = await openBroken({ putMs: 200 });
      await put(queue, "jobs", message("job_1"));
      proxy.set({ kind: "stall" });
      expect(await queue.put("jobs", [message("job_2")])).toEqual([
        { ok: false, error: expect.objectContaining({ ...unavailable, details: { reason: "outcome unknown" } }) },
      ]);
    });

    test("goes on consuming when it is back, and loses nothing", async () => {
      const { queue, proxy } = await openBroken();
      const seen = new Set<string>();
      await inbox(queue, "jobs", async ({ id }) => {
        seen.add(id);
        return "ack";
      });
      const pending = new Map(messages(300).map((each) => [each.id, each]));
      const cuts = [100, 200];
      // As a dispatcher does: again, until it is taken.
      while (pending.size > 0) {
        const batch = [...pending.values()].slice(0, 20);
        for (const [i, result] of (await queue.put("jobs", batch)).entries()) if (result.ok) pending.delete(batch[i]?.id ?? "");
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (pending.size > (cuts[0] ?? 0)) continue;
        cuts.shift();
        proxy.set({ kind: "refuse" });
        proxy.set({ kind: "none" });
      }
      await eventually(() => expect(seen.size).toBe(300));
    });

    test("delivers again what was out when the connection was lost, and acks it once", async () => {
      const { queue, proxy } = await openBroken();
      await put(queue, "jobs", message("job_1"));
      const finish: (() => void)[] = [];
      const box = await inbox(queue, "jobs", () => new Promise((resolve) => finish.push(() => resolve("ack"))));
      await eventually(() => expect(box.deliveries).toHaveLength(1));
      proxy.set({ kind: "refuse" });
      proxy.set({ kind: "none" });
      await eventually(() => expect(box.deliveries).toHaveLength(2));
      // The first one can be settled no more: its connection is gone.
      finish[0]?.();
      finish[1]?.();
      await eventually(async () => expect(await queue.depth("jobs")).toEqual({ waiting: 0, dead: 0 }));
      await box.consumer.close();
      expect(await rest(queue, "jobs")).toEqual([]);
    });

    test("says at the start that it is out of reach, and can be opened later", async () => {
      const { proxy, prefix } = await openBroken();
      proxy.set({ kind: "refuse" });
      const queue = rabbitmqQueue({ url: elsewhere((url) => (url.port = String(proxy.port))), prefix, deliveryLimit: 3 });
      onTestFinished(() => queue.close());
      await expect(queue.open(["jobs"])).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining("cannot be reached") });
      await expect(queue.put("jobs", [])).rejects.toMatchObject(unavailable);
      proxy.set({ kind: "none" });
      await queue.open(["jobs"]);
      await put(queue, "jobs", message("job_1"));
    });

    test("closes while nothing passes any more", async () => {
      const { queue, proxy } = await openBroken({ connectMs: 300, putMs: 300 });
      await put(queue, "jobs", message("job_1"));
      await inbox(queue, "jobs", hanging);
      proxy.set({ kind: "stall" });
      await queue.close();
    });
  });

  describe("at a broker that is otherwise than it should be", () => {
    test("says which credentials are refused, and shows none", async () => {
      const error = await refusal({ url: elsewhere((url) => (url.password = "secret")) });
      expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining("user and password") });
      expect(String(error)).not.toContain("secret");
      expect(await refusal({ url: elsewhere((url) => (url.pathname = "/no-such-host")) })).toMatchObject({
        ...unavailable,
        message: expect.stringContaining("virtual host"),
      });
    });

    test("refuses options that can never be right", async () => {
      for (const options of [
        { url: "http://guest:secret@localhost" },
        { url: "" },
        { url: rabbitmqUrl, prefix: "a.b" },
        { url: rabbitmqUrl, window: 0 },
      ])
        expect(() => rabbitmqQueue(options)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
      expect(() => rabbitmqQueue({ url: "http://guest:secret@localhost" })).not.toThrow("secret");
    });

    test("names the queue that is there otherwise, what differs, and what to do", async () => {
      const { queue, prefix, at } = await openBroken();
      const error = await refusal({ prefix, deliveryLimit: 7 }, ["jobs"]);
      expect(error).toMatchObject({ code: "CONFLICT" });
      for (const part of [at("jobs"), "x-delivery-limit", "rabbitmqctl delete_queue --if-empty"]) expect(String(error)).toContain(part);
      await put(queue, "jobs", message("job_1"));
    });

    test("sees that a queue of that name is of another type", async () => {
      const { prefix, at } = await openBroken();
      await atBroker(async (channel) => {
        await channel.deleteQueue(at("jobs"));
        await channel.assertQueue(at("jobs"), { durable: true });
      });
      expect(await refusal({ prefix, deliveryLimit: 3 }, ["jobs"])).toMatchObject({
        code: "CONFLICT",
        message: expect.stringMatching(/is there with another x-[a-z-]+/),
      });
    });

    test("makes a queue again that somebody has deleted, and says of no message that it was taken", async () => {
      const { queue, at } = await openBroken();
      const box = await inbox(queue, "jobs");
      await atBroker((channel) => channel.deleteQueue(at("jobs")));
      const results = await queue.put("jobs", messages(3));
      // The consumer may have made it again already.
      const lost = results.flatMap((result, i) => (result.ok ? [] : [i]));
      for (const i of lost) expect(results[i]).toMatchObject({ error: { ...unavailable, details: { reason: "returned" } } });
      for (const i of lost) await put(queue, "jobs", message(`job_${i}`));
      await eventually(() => expect(box.ids().toSorted()).toEqual(["job_0", "job_1", "job_2"]));
    });

    test("returns what no queue takes", async () => {
      const { queue, at } = await openBroken();
      await atBroker((channel) => channel.deleteQueue(at("jobs")));
      expect(await queue.put("jobs", messages(2))).toEqual(
        messages(2).map(() => ({ ok: false, error: expect.objectContaining({ ...unavailable, details: { reason: "returned" } }) })),
      );
      await put(queue, "jobs", ...messages(2));
      await expectDepth(queue, "jobs", 2);
    });
  });

  describe("for messages of others", () => {
    test("puts them aside with a reason, and goes on", async () => {
      const { queue, at } = await openBroken();
      await atBroker(async (channel) => {
        channel.sendToQueue(at("jobs"), Buffer.from("not ours"), { persistent: true, contentType: "text/plain" });
        channel.sendToQueue(at("jobs"), Buffer.from([0xff, 0xfe, 0]), { appId: "specstar", messageId: "job_bytes" });
        channel.sendToQueue(at("jobs"), Buffer.from("{}"), { appId: "specstar" });
        channel.sendToQueue(at("jobs"), Buffer.from("{}"), {
          appId: "specstar",
          messageId: "two words",
          headers: { "x-delivery-count": "many" },
        });
        await channel.checkQueue(at("jobs"));
      });
      await put(queue, "jobs", message("job_1"));
      const box = await inbox(queue, "jobs");
      await expectDepth(queue, "jobs", 0, 4);
      await box.consumer.close();
      expect(box.ids()).toEqual(["job_1"]);
      const dead = await queue.dead("jobs", 10);
      expect(dead.map(({ id }) => id)).toEqual(Array.from({ length: 4 }));
      for (const { reason } of dead) expect(reason).toContain("foreign");
      expect(dead.map(({ body }) => body)).toContain("not ours");
      // Nobody here knows what they are: they stay.
      expect(await queue.requeueDead("jobs")).toBe(0);
      await expectDepth(queue, "jobs", 0, 4);
    });
  });

  describe("for the broker's sake", () => {
    test("never has more messages unconfirmed than its window", async () => {
      const { queue, proxy } = await openBroken({ window: 5, putMs: 500 });
      await put(queue, "jobs", message("job_0"));
      proxy.set({ kind: "stall" });
      const results = await queue.put("jobs", messages(20));
      const reasons = results.map((result) => (result.ok ? "ok" : (result.error.details.reason ?? "not sent")));
      expect(reasons.filter((reason) => reason === "outcome unknown")).toHaveLength(5);
      expect(reasons.filter((reason) => reason === "not sent")).toHaveLength(15);
    });

    test("holds no more deliveries than its prefetch", async () => {
      const { queue, at } = await openBroken();
      await put(queue, "jobs", ...messages(20));
      const box = await inbox(queue, "jobs", hanging, 7);
      await eventually(() => expect(box.deliveries).toHaveLength(7));
      expect(await atBroker((channel) => channel.checkQueue(at("jobs")))).toMatchObject({ messageCount: 13, consumerCount: 1 });
    });

    test("keeps messages on disk, in quorum queues", async () => {
      const { queue, at } = await openBroken();
      await put(queue, "jobs", message("job_1"));
      const got = await atBroker((channel) => channel.get(at("jobs")));
      expect(got).toMatchObject({
        properties: { deliveryMode: 2, messageId: "job_1", appId: "specstar", contentType: "application/json" },
      });
      // What is there is as it is declared here, argument by argument: else the broker would refuse it.
      await atBroker((channel) =>
        channel.assertQueue(at("jobs"), {
          durable: true,
          arguments: {
            "x-queue-type": "quorum",
            "x-delivery-limit": 2,
            "x-dead-letter-exchange": at("dead-letters"),
            "x-dead-letter-routing-key": at("jobs"),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
          },
        }),
      );
    });
  });
});
