import type { Client } from "./client.ts";
import { mix, type Work } from "./load-operations.ts";
import { Note } from "./notes.ts";
import type { Managers } from "./open-managers.ts";
import { seeded } from "./random.ts";

export interface LoadOptions {
  readonly seed: number;
  /** Clients at once. */
  readonly workers: number;
  /** Prefix of idempotency keys, the same in all processes that shall meet. */
  readonly shared: string;
  /** Asked before each operation. */
  readonly goesOn: () => boolean;
}

const total = mix.reduce((sum, [share]) => sum + share, 0);

/** Everything that clients do, in a mix that makes them meet, until told to stop. */
export async function runLoad(managers: Managers, client: Client, { seed, workers, shared, goesOn }: LoadOptions): Promise<void> {
  const work: Work = { managers, client, random: seeded(seed), notes: [], own: [], shared };
  let count = 0;
  const worker = async () => {
    while (goesOn()) {
      if (count++ % learnEach === 0) work.notes.push(...(await newestNotes(managers)));
      await next(work)(work);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** Operations after which to look what others have made, so that processes meet. */
const learnEach = 40;

/** Notes that were changed last, whoever did it; none while the storage is out of reach. */
async function newestNotes({ storage }: Managers): Promise<string[]> {
  try {
    const { head } = await storage.state();
    const rows = await storage.changes({ after: Math.max(0, head - 40), limit: 40, types: [Note.name] });
    return [...new Set(rows.map(({ id }) => id))];
  } catch {
    return [];
  }
}

function next({ random }: Work): (work: Work) => Promise<unknown> {
  let at = random() * total;
  for (const [share, operation] of mix) {
    at -= share;
    if (at < 0) return operation;
  }
  return async () => {};
}
