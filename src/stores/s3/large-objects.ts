import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { fail, SpecStarError } from "../../errors.ts";
import type { ByteRange } from "../../storage/blob-store.ts";
import { inParallel } from "./in-parallel.ts";
import type { S3Bucket } from "./s3-bucket.ts";

/** What is held in memory of an upload is a few of these; with S3's 10 000 parts one object can have 48 GiB. */
export const partBytes = 5 * 1024 * 1024;
const partsAtOnce = 2;
const copiedBytes = 256 * 1024 * 1024;
const copiesAtOnce = 4;
const failuresInARow = 3;

/** Streams an object in. It is visible once this resolves, and no part of it is left if it rejects. */
export async function upload(bucket: S3Bucket, key: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const body = Readable.from(bytes, { objectMode: true, highWaterMark: 1 });
  try {
    await bucket.run(() =>
      new Upload({
        client: bucket.client,
        params: { Bucket: bucket.name, Key: bucket.prefix + key, Body: body },
        partSize: partBytes,
        queueSize: partsAtOnce,
      }).done(),
    );
  } finally {
    body.destroy();
  }
}

/** Streams an object out, or a range of it; NOT_FOUND where there is none. A connection that breaks is made again where it broke. */
export async function* download(bucket: S3Bucket, key: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
  let at = range?.start ?? 0;
  for (let failures = 0; ; ) {
    const found = await bucket.read(key, at > 0 || range ? { start: at, end: range?.end ?? Number.MAX_SAFE_INTEGER } : undefined);
    if (!found) throw fail("NOT_FOUND", "These bytes are not there");
    const end = Math.min(found.size, (range?.end ?? found.size) + 1);
    try {
      for await (const chunk of found.chunks()) {
        at += chunk.byteLength;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof SpecStarError) || failures >= failuresInARow) throw thrown;
      if (at >= end) return;
    }
  }
}

/** Copies an object within the server, in parts: a copy in one piece ends at 5 GiB. Visible once this resolves. */
export function copy(bucket: S3Bucket, from: string, to: string, size: number): Promise<void> {
  const target = { Bucket: bucket.name, Key: bucket.prefix + to };
  const CopySource = `${bucket.name}/${encodeURIComponent(bucket.prefix + from)}`;
  const starts = Array.from({ length: Math.ceil(size / copiedBytes) }, (_, i) => i * copiedBytes);
  return bucket.run(async () => {
    const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(target));
    try {
      const Parts = await inParallel(starts, copiesAtOnce, async (start) => {
        const PartNumber = start / copiedBytes + 1;
        const CopySourceRange = `bytes=${start}-${Math.min(start + copiedBytes, size) - 1}`;
        const { CopyPartResult } = await bucket.client.send(
          new UploadPartCopyCommand({ ...target, UploadId, PartNumber, CopySource, CopySourceRange }),
        );
        return { PartNumber, ETag: CopyPartResult?.ETag };
      });
      await bucket.client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: [...Parts] } }));
    } catch (thrown) {
      await bucket.client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
      throw thrown;
    }
  });
}

interface Marker {
  readonly KeyMarker: string;
  readonly UploadIdMarker: string;
}

/** Takes away the parts of uploads below `folder` that were begun before an instant (milliseconds) and never finished. */
export async function abortUploads(bucket: S3Bucket, folder: string, before: number): Promise<void> {
  const { client, name: Bucket, prefix } = bucket;
  for (let marker: Partial<Marker> | undefined = {}; marker; ) {
    const from: Partial<Marker> = marker;
    const {
      Uploads = [],
      IsTruncated,
      NextKeyMarker,
      NextUploadIdMarker,
    } = await bucket.run(() => client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix + folder, ...from })));
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Initiated && Initiated.getTime() < before)
        await bucket.run(() => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
    }
    marker =
      IsTruncated && NextKeyMarker && NextUploadIdMarker ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
  }
}
