import { connect } from "amqplib";
import { test } from "vitest";
import { fail } from "../../src/errors.ts";

const local = "amqp://guest:guest@127.0.0.1:5672";
const howTo =
  "RabbitMQ is not there: name one with SPECSTAR_TEST_RABBITMQ=amqp://user:password@host:5672, or start one: sudo .ci/services/rabbitmq.sh start";

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

const isThere = await answers(rabbitmqUrl);
if (!isThere && process.env.CI) throw fail("UNAVAILABLE", howTo);

/**
 * Whether there is no RabbitMQ, which in CI there is. Then a test is skipped whose name is the command that brings it, so that
 * nothing is left out in silence.
 */
export function withoutRabbitmq(): boolean {
  if (!isThere) test.skip(howTo, () => {});
  return !isThere;
}
