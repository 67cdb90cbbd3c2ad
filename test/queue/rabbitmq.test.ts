import { describe } from "vitest";
import { rabbitmqMissing } from "../support/rabbitmq-broker.ts";
import { queueConformance } from "./conformance.ts";
import { onRabbitmq } from "./rabbitmq-world.ts";

describe.skipIf(rabbitmqMissing !== undefined)(`on RabbitMQ ${rabbitmqMissing ?? ""}`, () => {
  queueConformance("RabbitMQ", onRabbitmq);
});
