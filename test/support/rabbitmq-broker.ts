import { connect } from "amqplib";
import { test } from "vitest";
import { fail } from "../../src/errors.ts";

const local = "amqp://guest:guest@127.0.0.1:5672";
const howTo =
  "RabbitMQ is not there: name one with SPECSTAR_TEST_RABBITMQ=amqp://user:password@host:5672, or start one: docker run --rm -p 5672:5672 rabbitmq:3.13";

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect(url, { timeout: 2_000 });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** The one named, or the one of this machine. */
export const rabbitmqUrl = process.env.SPECSTAR_TEST_RABBITMQ ?? local;

/** Why tests on RabbitMQ are skipped, by name, with the command that brings it; in CI they never are. */
export const rabbitmqMissing: string | undefined = (await answers(rabbitmqUrl)) ? undefined : howTo;
if (rabbitmqMissing !== undefined && process.env.CI) throw fail("UNAVAILABLE", rabbitmqMissing);

/** Whether there is no RabbitMQ. Then a skipped test says so. */
export function withoutRabbitmq(): boolean {
  if (rabbitmqMissing !== undefined) test.skip(rabbitmqMissing, () => {});
  return rabbitmqMissing !== undefined;
}
