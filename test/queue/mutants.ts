import { setTimeout as wait } from "node:timers/promises";
import { embeddedQueue } from "../../src/queue/embedded-queue.ts";
import type { Delivery, Handler, Message, MessageQueue, Settlement } from "../../src/queue/message-queue.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { MessageRows } from "../../src/storage/message-rows.ts";
import { MemoryMessageRows } from "../../src/stores/memory/memory-message-rows.ts";
import { type Case, deliveryLimit, patienceMs } from "./case.ts";
import { startEnv, type World } from "./conformance.ts";

/** A carrier that is broken in one way: what it, or the rows below it, do otherwise than the sound one. */
export interface Mutant {
  readonly name: string;
  readonly broken?: (sound: MessageQueue) => Partial<MessageQueue>;
  readonly rows?: (sound: MessageRows) => Partial<MessageRows>;
  readonly deliveryLimit?: number;
}

/** The methods of a class are not its own members: each is handed on by name. */
const mutatedRows = (sound: MessageRows, broken: Partial<MessageRows>): MessageRows => ({
  put: (...args) => sound.put(...args),
  join: (...args) => sound.join(...args),
  extend: (...args) => sound.extend(...args),
  leave: (...args) => sound.leave(...args),
  release: (...args) => sound.release(...args),
  claim: (...args) => sound.claim(...args),
  settle: (...args) => sound.settle(...args),
  depth: (...args) => sound.depth(...args),
  dead: (...args) => sound.dead(...args),
  requeueDead: (...args) => sound.requeueDead(...args),
  watch: (...args) => sound.watch(...args),
  ...broken,
});

const mutated = (sound: MessageQueue, broken: Partial<MessageQueue>): MessageQueue => ({
  capabilities: sound.capabilities,
  open: (...args) => sound.open(...args),
  put: (...args) => sound.put(...args),
  consume: (...args) => sound.consume(...args),
  depth: (...args) => sound.depth(...args),
  dead: (...args) => sound.dead(...args),
  requeueDead: (...args) => sound.requeueDead(...args),
  close: () => sound.close(),
  ...broken,
});

/** Puts other messages than those it was given, and answers as if it had not. */
const putting = (name: string, change: (messages: readonly Message[]) => readonly Message[]): Mutant => ({
  name,
  broken: (sound) => ({
    put: async (queue, messages) => {
      await sound.put(queue, change(messages));
      return messages.map(() => ({ ok: true }));
    },
  }),
});

/** Hands other deliveries to the handler, or makes something else of its answers. */
const delivering = (name: string, wrap: (handler: Handler) => Handler): Mutant => ({
  name,
  broken: (sound) => ({ consume: (queue, handler, options) => sound.consume(queue, wrap(handler), options) }),
});

const answering = (name: string, answer: (settlement: Settlement, delivery: Delivery) => Settlement): Mutant =>
  delivering(name, (handler) => async (delivery) => answer(await handler(delivery), delivery));

const consuming = (name: string, prefetch: number): Mutant => ({
  name,
  broken: (sound) => ({ consume: (queue, handler, options) => sound.consume(queue, handler, options?.prefetch ? { prefetch } : {}) }),
});

const isGood = ({ id, body }: Message) => /^[!-~]{1,200}$/.test(id) && body.isWellFormed() && !/\0/.test(body) && body.length <= 65_536;

const putters: readonly Mutant[] = [
  putting("drops the last message of a list", (messages) => (messages.length > 1 ? messages.slice(0, -1) : messages)),
  putting("loses what is not ASCII", (messages) => messages.map(({ id, body }) => ({ id, body: body.replace(/[^ -~]/g, "?") }))),
  putting("says that it took what no queue takes", (messages) => messages),
  putting("takes no messages of a list with a bad one", (messages) => (messages.every(isGood) ? messages : [])),
  putting("takes two thousand messages at once and no more", (messages) => messages.slice(0, 2000)),
  putting("takes an id once in a list", (messages) => [...new Map(messages.map((each) => [each.id, each])).values()]),
  {
    name: "has one queue for all names",
    broken: (sound) => {
      let only = "";
      return {
        open: async (queues) => {
          only ||= queues[0] ?? "";
          await sound.open(queues);
        },
        put: (_queue, messages) => sound.put(only, messages),
        consume: (_queue, handler, options) => sound.consume(only, handler, options),
      };
    },
  },
  {
    name: "loses what is put while somebody consumes",
    broken: (sound) => {
      let consumers = 0;
      return {
        put: (queue, messages) => sound.put(queue, consumers > 0 ? [] : messages).then(() => messages.map(() => ({ ok: true }))),
        consume: async (...args) => {
          const consumer = await sound.consume(...args);
          consumers += 1;
          return { close: () => consumer.close().finally(() => (consumers -= 1)) };
        },
      };
    },
  },
  { name: "counts nothing", broken: () => ({ depth: async () => ({ waiting: 0, dead: 0 }) }) },
  {
    name: "makes every queue that it is asked for",
    broken: (sound) => ({
      put: async (queue, messages) => {
        await sound.open([queue]);
        return sound.put(queue, messages);
      },
    }),
  },
  {
    name: "takes any name and any number",
    broken: (sound) => ({
      open: (queues) => sound.open(queues.filter((queue) => /^[a-z]+_\w+$/.test(queue))),
      consume: (queue, handler) => sound.consume(queue, handler),
    }),
  },
  {
    name: "forgets what waits when it is closed",
    broken: (sound) => {
      const queues = new Set<string>();
      return {
        put: (queue, messages) => {
          queues.add(queue);
          return sound.put(queue, messages);
        },
        close: async () => {
          for (const queue of queues) await sound.consume(queue, async () => "ack", { prefetch: 100 }).then((each) => each.close());
          await sound.close();
        },
      };
    },
  },
];

const consumers: readonly Mutant[] = [
  delivering("delivers everything twice", (handler) => async (delivery) => {
    await handler(delivery);
    return handler(delivery);
  }),
  answering("delivers again what was acked", (settlement, { deliveries }) => (deliveries === 1 ? "requeue" : settlement)),
  consuming("delivers more at once than it may", 16),
  consuming("delivers one at a time", 1),
  delivering("counts no deliveries", (handler) => (delivery) => handler({ ...delivery, deliveries: 1 })),
  delivering("takes a failure for an ack", (handler) => (delivery) => handler(delivery).catch(() => "ack")),
  answering("takes no answer for an ack", (settlement) => settlement ?? "ack"),
  answering("loses what is given back", (settlement) => (settlement === "requeue" ? "ack" : settlement)),
  {
    name: "does not wait for what is out when a consumer is closed",
    broken: (sound) => ({
      consume: async (...args) => {
        const consumer = await sound.consume(...args);
        return {
          close: async () => {
            void consumer.close();
          },
        };
      },
    }),
  },
  {
    name: "goes on when a consumer is closed",
    broken: (sound) => ({
      consume: async (...args) => {
        await sound.consume(...args);
        return { close: async () => {} };
      },
    }),
  },
  { name: "never closes", broken: () => ({ close: async () => {} }) },
  { name: "keeps what was out when it is closed", rows: () => ({ leave: async () => {}, release: async () => 0 }) },
  { name: "waits for the dead", rows: () => ({ release: async () => 0 }) },
  { name: "lets nothing die of dying processes", rows: (sound) => ({ release: () => sound.release(Number.POSITIVE_INFINITY) }) },
];

const undertakers: readonly Mutant[] = [
  answering("lets go of what is dead", (settlement) => (typeof settlement === "string" ? settlement : "ack")),
  answering("delivers again what is dead", (settlement) => (typeof settlement === "string" ? settlement : "requeue")),
  { name: "never gives up", deliveryLimit: 1000 },
  { name: "gives up at once", deliveryLimit: 1 },
  {
    name: "keeps no reasons",
    broken: (sound) => ({ dead: async (queue, limit) => (await sound.dead(queue, limit)).map((each) => ({ ...each, reason: "dead" })) }),
  },
  { name: "shows all the dead", broken: (sound) => ({ dead: (queue) => sound.dead(queue, 1000) }) },
  {
    name: "shows the newest of the dead first",
    broken: (sound) => ({ dead: async (queue, limit) => (await sound.dead(queue, limit)).toReversed() }),
  },
  {
    name: "requeues the dead that it shows",
    broken: (sound) => ({
      dead: async (queue, limit) => {
        const found = await sound.dead(queue, limit);
        await sound.requeueDead(queue);
        return found;
      },
    }),
  },
  { name: "requeues all the dead, whoever is named", broken: (sound) => ({ requeueDead: (queue) => sound.requeueDead(queue) }) },
  {
    name: "requeues only the dead that are named",
    broken: (sound) => ({ requeueDead: (queue, ids = []) => sound.requeueDead(queue, ids) }),
  },
  {
    name: "goes on counting where a dead one left off",
    rows: (sound) => {
      const died = new Set<string>();
      return {
        dead: (...args) => sound.dead(...args),
        claim: async (...args) => (await sound.claim(...args)).map((each) => (died.has(each.id) ? { ...each, deliveries: 2 } : each)),
        requeueDead: async (queue, ids) => {
          for (const { id } of await sound.dead(queue, 1000)) died.add(id);
          return sound.requeueDead(queue, ids);
        },
      };
    },
  },
  {
    name: "forgets the dead when it is closed",
    broken: (sound) => {
      const queues = new Set<string>();
      return {
        put: (queue, messages) => {
          queues.add(queue);
          return sound.put(queue, messages);
        },
        close: async () => {
          for (const queue of queues) {
            if ((await sound.requeueDead(queue).catch(() => 0)) === 0) continue;
            await sound.consume(queue, async () => "ack", { prefetch: 100 }).then((each) => each.close());
          }
          await sound.close();
        },
      };
    },
  },
];

/** Broken carriers: what the conformance suite is there to catch. */
export const mutants: readonly Mutant[] = [...putters, ...consumers, ...undertakers];

/** Nothing broken: every case must pass it. */
export const sound: Mutant = { name: "sound" };

/** Processes of short leases over rows that outlive them, so that the durable cases can be asked too. */
function worldOf({ broken, rows, deliveryLimit: limit = deliveryLimit }: Mutant): World {
  const memory = new MemoryMessageRows(systemContext);
  const below = mutatedRows(memory, rows?.(memory) ?? {});
  const started: MessageQueue[] = [];
  return {
    process: async () => {
      let killed = false;
      const never = new Promise<never>(() => {});
      const messages = mutatedRows(below, {
        extend: (...args) => (killed ? never : below.extend(...args)),
        claim: (...args) => (killed ? never : below.claim(...args)),
        settle: (...args) => (killed ? never : below.settle(...args)),
        release: (...args) => (killed ? never : below.release(...args)),
      });
      const capabilities = { durable: true, shared: true, presigns: false };
      const queue = embeddedQueue({ messages, capabilities }, { deliveryLimit: limit, leaseMs: 600, pollMs: 5 });
      started.push(queue);
      return {
        queue: mutated(queue, broken?.(queue) ?? {}),
        kill: () => {
          killed = true;
        },
      };
    },
    // What a mutant did not close; whoever was killed hangs.
    cleanup: async () => {
      for (const queue of started) void queue.close();
    },
  };
}

/** Why a case fails for a mutant; undefined when the case does not notice. One that never comes to an end has failed. */
export async function failureOf(mutant: Mutant, each: Case): Promise<unknown> {
  const { env, stop } = await startEnv(worldOf(mutant));
  const run = each.run(env).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  const failure = await Promise.race([run, wait(4 * patienceMs, "It came to no end", { ref: false })]);
  // Nor may its closing come to one.
  await Promise.race([stop().catch(() => {}), wait(patienceMs, undefined, { ref: false })]);
  return failure;
}
