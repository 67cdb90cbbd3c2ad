import { createHash } from "node:crypto";
import { fail } from "../../errors.ts";
import type { BlobRow } from "../../storage/rows.ts";
import type { Limits } from "../limits.ts";
import { type Frame, pieceBytes } from "./format.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  type Counts,
  type End,
  type Header,
  noCounts,
  type PurgedRecord,
  type ResourceRecord,
  type RevisionRecord,
  readBlobRow,
  readEnd,
  readHeader,
  readResource,
  readRevision,
} from "./records.ts";
import { damaged, malformed } from "./refusals.ts";

export type Item =
  /** Its bytes are to be read before the next item is. */
  | { readonly kind: "blob"; readonly row: BlobRow; bytes(): AsyncGenerator<Buffer, void> }
  | { readonly kind: "resource"; readonly record: ResourceRecord; readonly revisions: readonly RevisionRecord[] }
  | { readonly kind: "purged"; readonly record: PurgedRecord };

/** Reads an archive as what it is made of, in its order, and checks all that can be checked without the specs: to the end, or it throws. */
export class ArchiveReader {
  readonly #frames: FrameReader;
  readonly #limits: Limits;
  #header: Header | undefined;
  #counts: Counts = noCounts;
  /** Place of its spec in the header, and id, of the last resource. */
  #last = { spec: 0, id: "" };
  #waiting: Frame | undefined;

  constructor(bytes: AsyncIterable<Uint8Array>, limits: Limits) {
    this.#frames = new FrameReader(bytes, limits.resourceBytes);
    this.#limits = limits;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** Of the archive, as far as it was read. */
  get bytes(): number {
    return this.#frames.bytes;
  }

  async header(): Promise<Header> {
    const frame = await this.#frames.next();
    if (frame?.kind !== "H") throw frame ? malformed("it does not begin with a header") : damaged("it was cut off");
    this.#header = readHeader(frame.payload);
    return this.#header;
  }

  /** Undefined at the end, which was verified then. */
  async next(): Promise<Item | undefined> {
    const frame = await this.#frame();
    if (frame.kind === "B") return this.#blob(readBlobRow(frame.payload));
    if (frame.kind === "R") return this.#resource(frame.payload);
    if (frame.kind !== "E") throw malformed(`a frame of kind ${frame.kind} stands where none may`);
    await this.#end(readEnd(frame.payload));
    return undefined;
  }

  close(): Promise<void> {
    return this.#frames.close();
  }

  async #frame(): Promise<Frame> {
    const frame = this.#waiting ?? (await this.#frames.next());
    this.#waiting = undefined;
    if (!frame) throw damaged("its end is missing, so it was cut off");
    return frame;
  }

  #blob(row: BlobRow): Item {
    if (row.size > this.#limits.blobBytes)
      throw fail("PAYLOAD_TOO_LARGE", `A blob of the archive has ${row.size} bytes, more than limits.blobBytes allows`, {
        reason: "limit",
      });
    return { kind: "blob", row, bytes: () => this.#pieces(row) };
  }

  async *#pieces({ id, size, hash }: BlobRow): AsyncGenerator<Buffer, void> {
    const hashed = createHash("sha256");
    let read = 0;
    for (let frame = await this.#frame(); ; frame = await this.#frame()) {
      if (frame.kind !== "C") {
        this.#waiting = frame;
        break;
      }
      const { payload } = frame;
      read += payload.byteLength;
      if (payload.byteLength > pieceBytes || read > size) throw malformed(`${id} has more bytes than it says`);
      hashed.update(payload);
      yield payload;
    }
    if (read !== size || `sha256:${hashed.digest("hex")}` !== hash) throw damaged(`the bytes of ${id} do not match their hash`);
    const { blobs, blobBytes } = this.#counts;
    this.#counts = { ...this.#counts, blobs: blobs + 1, blobBytes: blobBytes + size };
  }

  async #resource(payload: Buffer): Promise<Item> {
    const record = readResource(payload);
    this.#checkOrder(record);
    const { resources, purged, revisions } = this.#counts;
    if ("purged" in record) {
      this.#counts = { ...this.#counts, purged: purged + 1 };
      return { kind: "purged", record };
    }
    const held: RevisionRecord[] = [];
    let bytes = payload.byteLength;
    while (held.length < record.revisions) {
      const frame = await this.#frame();
      if (frame.kind !== "V") throw malformed(`${record.id} has fewer revisions than it says`);
      bytes += frame.payload.byteLength;
      if (bytes > this.#limits.resourceBytes)
        throw fail(
          "PAYLOAD_TOO_LARGE",
          `${record.id} of the archive takes more than the ${this.#limits.resourceBytes} bytes of limits.resourceBytes`,
          {
            reason: "limit",
            id: record.id,
          },
        );
      held.push(readRevision(frame.payload));
    }
    this.#counts = { ...this.#counts, resources: resources + 1, revisions: revisions + held.length };
    return { kind: "resource", record, revisions: held };
  }

  /** In order each stands once, and nobody has to remember all of them. */
  #checkOrder({ type, id }: ResourceRecord | PurgedRecord): void {
    const spec = this.#header?.specs.findIndex(({ name }) => name === type) ?? -1;
    if (spec < 0) throw malformed(`${id.slice(0, 100)} is of a spec that its header does not name`);
    if (spec < this.#last.spec || (spec === this.#last.spec && id <= this.#last.id))
      throw malformed(`${id.slice(0, 100)} stands out of order`);
    this.#last = { spec, id };
  }

  async #end({ sha256, ...counts }: End): Promise<void> {
    if (sha256 !== this.#frames.digest()) throw damaged("its checksum does not match");
    const wrong = Object.entries(counts).find(([name, count]) =>
      Object.entries(this.#counts).some(([own, of]) => own === name && of !== count),
    );
    if (wrong) throw malformed(`it has not as many ${wrong[0]} as its end says`);
    if (await this.#frames.next()) throw malformed("it goes on behind its end");
  }
}
