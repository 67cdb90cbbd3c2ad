import { createHash, hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A frame as it stands in an archive, written here once more by the book. */
export interface Part {
  readonly kind: string;
  readonly payload: Buffer;
}

export const firstLine = "specstar archive 1\n";

export function framesOf(archive: Buffer): Part[] {
  const parts: Part[] = [];
  for (let at = firstLine.length; at < archive.length; ) {
    const length = archive.readUInt32BE(at + 1);
    parts.push({ kind: archive.toString("latin1", at, at + 1), payload: archive.subarray(at + 5, at + 5 + length) });
    at += 9 + length;
  }
  return parts;
}

export function frame({ kind, payload }: Part): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeUInt32BE(payload.length, 1);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([head, payload])));
  return Buffer.concat([head, payload, sum]);
}

/** An archive of these frames whose checksums are right, whatever stands in them. */
export function forged(parts: readonly Part[], line = firstLine): Buffer {
  const body = Buffer.concat([Buffer.from(line), ...parts.filter(({ kind }) => kind !== "E").map(frame)]);
  const end = parts.find(({ kind }) => kind === "E");
  if (!end) return body;
  const sha256 = createHash("sha256").update(body).digest("hex");
  return Buffer.concat([body, frame({ kind: "E", payload: Buffer.from(JSON.stringify({ ...jsonOf(end), sha256 })) })]);
}

export const jsonOf = ({ payload }: Part): Record<string, unknown> => JSON.parse(payload.toString());

/** The same part with other members. */
export const changed = (part: Part, members: Record<string, unknown>): Part => ({
  ...part,
  payload: Buffer.from(JSON.stringify({ ...jsonOf(part), ...members })),
});

/** All but the header, which says when, and the end, which has the header in its checksum. */
export function contentOf(archive: Buffer): string[] {
  return framesOf(archive)
    .filter(({ kind }) => kind !== "H")
    .map((part) =>
      part.kind === "E"
        ? JSON.stringify({ ...jsonOf(part), sha256: "" })
        : part.kind === "C"
          ? hash("sha256", part.payload)
          : `${part.kind}${part.payload.toString()}`,
    );
}
