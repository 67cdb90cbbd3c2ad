import type { BlobRow } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Attempt, isWritten } from "../client-log.ts";
import { type Finding, finding } from "../finding.ts";
import { noteOf } from "../notes.ts";
import { readWorld, type World } from "../world.ts";

/** Blobs that were acknowledged are there, unless a revision used them that is gone. */
export async function blobFindings(storage: IStorage, world: World, attempts: readonly Attempt[]): Promise<Finding[]> {
  const put = attempts.filter((attempt) => attempt.operation === "putBlob" && isWritten(attempt));
  const ids = put.map(({ answer }) => answer?.states[0]?.id ?? "");
  const rows = await storage.blobs(ids);
  const used = new Set(filesOf(world));
  const findings: Finding[] = [];
  for (const [index, { by }] of put.entries()) {
    const row = rows[index];
    if (row) findings.push(...(await contentFindings(storage, row, by)));
    // A create may have taken it, and a purge or a modify may have let it go: then it is gone rightly.
    else if (used.has(ids[index] ?? "")) findings.push(finding("dangling", `the blob of ${by} is used and not there`));
    else if (!wasUsed(by, attempts)) findings.push(finding("lost", `the blob of ${by} was acknowledged and is not there`));
  }
  return findings;
}

/** The same client's next call may have attached it. */
function wasUsed(by: string, attempts: readonly Attempt[]): boolean {
  const [client, call] = by.split("-");
  return attempts.some(({ by: other, operation }) => {
    const [otherClient, otherCall] = other.split("-");
    return operation === "create" && otherClient === client && Number(otherCall) > Number(call);
  });
}

async function contentFindings(storage: IStorage, row: BlobRow, by: string): Promise<Finding[]> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of storage.readBlob(row)) parts.push(part);
  } catch (thrown) {
    return [finding("dangling", `the blob of ${by} cannot be read: ${thrown}`)];
  }
  return Buffer.concat(parts).toString() === noteOf(by).text && row.createdBy === by
    ? []
    : [finding("corrupt", `the blob of ${by} does not hold what was put`)];
}

/** Ids of blobs that revisions use. */
function filesOf({ resources }: World): string[] {
  return [...resources.values()].flatMap(({ revisions }) =>
    revisions.flatMap((revision) => {
      const data: { file?: string } = revision ? JSON.parse(revision.body) : {};
      return data.file ?? [];
    }),
  );
}

/** Every blob that a revision uses has its row, and its bytes can be read. */
export async function attachedFindings(storage: IStorage, known?: World): Promise<Finding[]> {
  const ids = [...new Set(filesOf(known ?? (await readWorld(storage))))];
  const rows = await storage.blobs(ids);
  const findings: Finding[] = [];
  for (const [index, row] of rows.entries()) {
    if (!row) findings.push(finding("dangling", `the blob ${ids[index]} is used and not there`));
    else findings.push(...(await contentFindings(storage, row, row.createdBy)));
  }
  return findings;
}

/** Hashes of the blobs that revisions use. */
export async function usedBlobs(storage: IStorage): Promise<ReadonlySet<string>> {
  const rows = await storage.blobs(filesOf(await readWorld(storage)));
  return new Set(rows.flatMap((row) => row?.hash ?? []));
}
