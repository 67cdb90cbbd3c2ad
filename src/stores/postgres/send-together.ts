import type { Duplex } from "node:stream";
import type { Client } from "pg";

const held = new WeakSet<Duplex>();

/**
 * What is sent on a connection in this turn leaves in one piece. By itself the driver writes each statement, and each write
 * wakes the database: for a row of small statements that costs more than making them.
 */
export function sendTogether({ connection: { stream } }: Client): void {
  if (held.has(stream)) return;
  held.add(stream);
  stream.cork();
  process.nextTick(() => {
    held.delete(stream);
    stream.uncork();
  });
}
