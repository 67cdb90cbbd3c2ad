import { hash } from "node:crypto";
import { fail } from "../errors.ts";
import type { RevisionRow } from "./rows.ts";

export const hashOf = (body: string): string => `sha256:${hash("sha256", body)}`;

/** Bytes that are not UTF-8 come out changed, and then the hash tells. */
export const decode = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");

/** Never leaves `composeStorage`: a row whose bytes are not where it points. */
export class MissingBytes {
  readonly key: string;
  readonly row: RevisionRow;

  constructor(key: string, row: RevisionRow) {
    this.key = key;
    this.row = row;
  }
}

export const corrupt = ({ id, number }: RevisionRow) =>
  fail("DATA_CORRUPTION", `Revision ${number} of ${id} does not match its hash. Restore it from a backup`, { id });
