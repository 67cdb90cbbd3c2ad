import type { Client } from "./client.ts";
import type { ClientLog } from "./client-log.ts";
import { type Finding, finding } from "./finding.ts";
import { linearFindings } from "./linearizable.ts";
import type { Managers } from "./open-managers.ts";
import { attachedFindings, blobFindings } from "./rules/blobs.ts";
import { feedFindings, feedTimeFindings } from "./rules/feed.ts";
import { historyFindings, pastFindings } from "./rules/histories.ts";
import { indexFindings } from "./rules/indexes.ts";
import { pastListFindings } from "./rules/past-lists.ts";
import { goesOnFindings, replyFindings } from "./rules/replies.ts";
import { answerFindings, expectedFindings, versionFindings, writeFindings } from "./rules/writes.ts";
import { readWorld } from "./world.ts";

/**
 * Proves, after whatever happened, that a storage kept its promises to the clients whose log this is: all the writes that
 * were ever made to it.
 * @param swept blobs that no revision uses may be gone
 */
export async function check(managers: Managers, { attempts, reads, broken }: ClientLog, { swept = false } = {}): Promise<Finding[]> {
  const { storage } = managers;
  const world = await readWorld(storage);
  const findings = [
    ...broken.map((about) => finding("answer", about)),
    ...world.findings,
    ...feedFindings(world),
    ...feedTimeFindings(world, attempts),
    ...historyFindings(world),
    ...writeFindings(world, attempts),
    ...versionFindings(attempts),
    ...expectedFindings(attempts),
    ...answerFindings(attempts),
    ...linearFindings(world, attempts, reads),
  ];
  if (world.findings.length === 0) {
    findings.push(
      ...(await pastFindings(storage, world)),
      ...(await indexFindings(storage, world)),
      ...(await pastListFindings(storage, world)),
    );
  }
  if (!swept) findings.push(...(await blobFindings(storage, world, attempts)));
  findings.push(...(await attachedFindings(storage, world)));
  return findings;
}

/** What only writing shows: replies are kept, and the storage takes writes. The client's log is of the same place. */
export async function checkByWriting(managers: Managers, { attempts }: ClientLog, client: Client): Promise<Finding[]> {
  return [...(await replyFindings(managers, attempts, client)), ...(await goesOnFindings(managers, client))];
}
