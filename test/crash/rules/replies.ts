import { type Client, purged, written } from "../client.ts";
import { type Answer, type Attempt, isAcknowledged } from "../client-log.ts";
import { type Finding, finding } from "../finding.ts";
import { Note, noteOf, Setting, settingOf } from "../notes.ts";
import type { Managers } from "../open-managers.ts";

/** Idempotency keys that are used once more. */
const sampled = 60;

/** A key whose create was acknowledged answers the same resource again, and writes nothing. */
export async function replyFindings({ notes, storage }: Managers, attempts: readonly Attempt[], client: Client): Promise<Finding[]> {
  const findings: Finding[] = [];
  const told = new Map(
    attempts
      .filter((attempt) => attempt.operation === "createOnce" && isAcknowledged(attempt))
      .map(({ by, answer }) => [by, answer?.states[0]]),
  );
  for (const [by, first] of [...told].slice(-sampled)) {
    const { head } = await storage.state();
    const { states, replayed, code } = await client.write({ operation: "createOnce", type: Note.name, by }, async (actor) =>
      written(await notes.as(actor).create(noteOf(by), { idempotencyKey: by })),
    );
    const again = states[0];
    if (again?.id !== first?.id || again?.version !== first?.version || again?.hash !== first?.hash || !replayed)
      findings.push(finding("reply", `${by} was told ${first?.id}, and now ${again?.id ?? code}`));
    if ((await storage.state()).head !== head) findings.push(finding("reply", `a replay of ${by} wrote something`));
  }
  return findings;
}

const notes = 6;

/** Whatever happened, the next writes are taken; only a slug may be in use. */
export async function goesOnFindings(managers: Managers, client: Client): Promise<Finding[]> {
  const findings: Finding[] = [];
  const take = (name: string, { outcome, code, message }: Answer) => {
    if (outcome !== "acknowledged" && code !== "UNIQUE_VIOLATION")
      findings.push(finding("stuck", `${name} is refused: ${code} ${message}`));
  };
  const key = `again-${(await managers.storage.state()).head}`;
  const made = await client.write({ operation: "createKeyed", type: Setting.name, id: `${Setting.names.prefix}_${key}` }, async (actor) =>
    written(await managers.settings.as(actor).create(settingOf(actor.id), { key })),
  );
  take("a create with a key", made);
  for (let count = 0; count < notes; count++) {
    const answer = await client.write({ operation: "create", type: Note.name }, async (actor) =>
      written(await managers.notes.as(actor).create(noteOf(actor.id))),
    );
    take("a create", answer);
    const [state] = answer.states;
    if (!state) continue;
    const ifVersion = state.version ?? 1;
    const { id } = state;
    const updated = await client.write({ operation: "update", type: Note.name, id, ifVersion }, async (actor) =>
      written(await managers.notes.as(actor).update(id, noteOf(actor.id), { ifVersion })),
    );
    take("an update", updated);
    if (count % 3 > 0) continue;
    take(
      "a purge",
      await client.write({ operation: "purge", type: Note.name, id }, async (actor) => purged(await managers.notes.as(actor).purge(id))),
    );
  }
  return findings;
}
