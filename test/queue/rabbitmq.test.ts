import { describe } from "vitest";
import { withoutRabbitmq } from "../support/rabbitmq-broker.ts";
import { queueConformance } from "./conformance.ts";
import { onRabbitmq } from "./rabbitmq-world.ts";

describe("on RabbitMQ", () => {
  if (!withoutRabbitmq()) queueConformance("RabbitMQ", onRabbitmq);
});
