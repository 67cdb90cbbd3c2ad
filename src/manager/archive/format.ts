/**
 * An archive is bytes, to be written and read once from its beginning to its end:
 *
 *     specstar archive 1\n
 *     frame*        kind (1 byte, ASCII) · length of the payload (4 bytes, big endian) · payload · CRC-32 of all three (4 bytes)
 *
 * | kind | payload | what |
 * |---|---|---|
 * | H | JSON | header, once and first: specs, when, since when, how the next one goes on |
 * | B | JSON | a blob, before the first resource that holds it, and once |
 * | C | bytes | the next bytes of that blob |
 * | R | JSON | a resource: its id and where its pointer stood from each version on; or that it was purged |
 * | V | JSON, \n, body | the next revision of that resource, from 1 on; the body is the stored form as it is |
 * | E | JSON | the end, once and last: counts, and the SHA-256 of every byte before this frame |
 *
 * Resources stand by spec, and by id within it. So whoever reads needs no more memory than one resource takes; whatever is
 * cut, altered or put elsewhere is found out at once or at the end; and what follows from other parts is not written twice.
 */
export const archiveType = "application/vnd.specstar.archive";

export const formatVersion = 1;
const name = "specstar archive";
export const firstLine = `${name} ${formatVersion}\n`;
/** Whoever has read so much knows whether it is an archive, of whichever version. */
export const firstLineOf = /^specstar archive (\d{1,9})\n/;
export const longestFirstLine = name.length + 11;

export const kinds = ["H", "B", "C", "R", "V", "E"] as const;
export type FrameKind = (typeof kinds)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

/** Kind and length before the payload, the checksum behind it. */
export const headBytes = 5;
export const tailBytes = 4;

/** Blobs are written in pieces of so many bytes, and read in no larger ones. */
export const pieceBytes = 256 * 1024;
