import { createServer, connect as dial, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { rabbitmqUrl, withoutRabbitmq } from "../support/rabbitmq-broker.ts";
import { expectDepth, message, put } from "./case.ts";
import { openBroken } from "./rabbitmq-world.ts";

/** A method of AMQP's class `connection`, as a broker sends it. */
function connectionFrame(method: number, reason?: string): Buffer {
  const text = Buffer.from(reason ?? "");
  const payload = Buffer.from([0, 10, 0, method, ...(reason === undefined ? [] : [text.length, ...text])]);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, payload.length]);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

const blocked = connectionFrame(60, "low on memory");
const unblocked = connectionFrame(61);

/** A way to the broker on which it can be made to say more than it does: its alarms would stop everybody who uses it. */
async function startInjector(): Promise<{ readonly port: number; readonly say: (frame: Buffer) => void }> {
  const { hostname, port } = new URL(rabbitmqUrl);
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const broker = dial(Number(port || 5672), hostname);
    clients.add(client);
    client.pipe(broker).pipe(client);
    for (const socket of [client, broker]) socket.on("error", () => socket.destroy());
    client.on("close", () => {
      clients.delete(client);
      broker.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  const address = server.address();
  const say = (frame: Buffer) => {
    for (const client of clients) client.write(frame);
  };
  return { port: typeof address === "object" && address ? address.port : 0, say };
}

describe("the message queue on a RabbitMQ that is low on memory", () => {
  if (withoutRabbitmq()) return;

  async function open(putMs: number) {
    const { port, say } = await startInjector();
    const url = new URL(rabbitmqUrl);
    url.hostname = "127.0.0.1";
    url.port = String(port);
    const { queue } = await openBroken({ url: url.href, putMs });
    await put(queue, "jobs", message("job_1"));
    return { queue, say };
  }

  test("keeps messages back, sends them when it is well again, and loses none", async () => {
    const { queue, say } = await open(20_000);
    say(blocked);
    // What the broker says is read before what it is asked next is answered.
    await queue.depth("jobs");
    let taken = false;
    const putting = queue.put("jobs", [message("job_2"), message("job_3")]).then((results) => {
      taken = true;
      return results;
    });
    await expectDepth(queue, "jobs", 1);
    expect(taken).toBe(false);
    say(unblocked);
    expect(await putting).toEqual([{ ok: true }, { ok: true }]);
    await expectDepth(queue, "jobs", 3);
  });

  test("says after a while why nothing is taken, and that nothing was sent", async () => {
    const { queue, say } = await open(300);
    say(blocked);
    await queue.depth("jobs");
    expect(await queue.put("jobs", [message("job_2")])).toEqual([
      {
        ok: false,
        error: expect.objectContaining({ code: "UNAVAILABLE", details: {}, message: expect.stringContaining("too little memory") }),
      },
    ]);
    say(unblocked);
    await queue.depth("jobs");
    await put(queue, "jobs", message("job_3"));
    await expectDepth(queue, "jobs", 2);
  });
});
