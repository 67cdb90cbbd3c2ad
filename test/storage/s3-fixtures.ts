import { rm } from "node:fs/promises";
import { afterEach, onTestFinished } from "vitest";
import { type S3StorageOptions, s3Storage } from "../../src/s3.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "../support/new-directory.ts";
import type { Fault, S3Double } from "../support/s3-double.ts";
import type { StoredObject } from "../support/s3-double-bucket.ts";
import type { DoubleRequest } from "../support/s3-double-routes.ts";
import { type NewPrefix, useS3Double } from "../support/s3-server.ts";
import { specs } from "./fixtures.ts";

/** A bucket's part, and a folder. */
export type Place = S3StorageOptions & { readonly prefix: string };

async function newFolder(): Promise<string> {
  const dir = await newDirectory("s3");
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** The same bucket for another node, which has a folder of its own. */
export const elsewhere = async (place: Place): Promise<Place> => ({ ...place, dir: await newFolder(), node: "two" });

/** Opens a storage; closed when the test has finished. */
export async function open(options: S3StorageOptions, of: readonly ResourceSpec[] = specs): Promise<IStorage> {
  const storage = s3Storage(options);
  await storage.open(of, () => {});
  onTestFinished(() => storage.close());
  return storage;
}

/** Opens a storage that must be refused. */
export const opening = (options: S3StorageOptions): Promise<void> => s3Storage(options).open(specs, () => {});

export const isLog = ({ key }: DoubleRequest): boolean => key.includes("/log/");
export const isLogPut = (request: DoubleRequest): boolean => isLog(request) && request.method === "PUT";

/** A double of S3 for a file of tests, and what tests do to it. After each test it is as it was. */
export class S3World {
  readonly newPrefix: NewPrefix;
  readonly double: () => S3Double;

  constructor() {
    const { newPrefix, double } = useS3Double();
    this.newPrefix = newPrefix;
    this.double = double;
    afterEach(() => {
      Object.assign(double(), { fault: () => undefined, now: () => Date.now(), unquotedIfMatch: false });
    });
  }

  /** A place that nobody else has. */
  async newPlace(options: Partial<S3StorageOptions> = {}): Promise<Place> {
    const s3 = this.newPrefix({ timeouts: { attempts: 2 } });
    return { ...s3, prefix: s3.prefix ?? "", dir: await newFolder(), node: "one", ...options };
  }

  /** As if nobody had renewed anything for so long. */
  pass(seconds: number): void {
    this.double().now = () => Date.now() + seconds * 1000;
  }

  /** The fault befalls the first `times` requests that `which` picks. Gives how many it befell so far. */
  plant(fault: Fault, which: (request: DoubleRequest) => boolean, times = Number.POSITIVE_INFINITY): () => number {
    let befallen = 0;
    this.double().fault = (request) => {
      if (befallen >= times || !which(request)) return undefined;
      befallen += 1;
      return fault;
    };
    return () => befallen;
  }

  heal(): void {
    this.double().fault = () => undefined;
  }

  objects({ bucket }: Place): Map<string, StoredObject> {
    return this.double().bucket(bucket).objects;
  }

  /** Keys of `log`, `snapshots`, … in order. */
  keysOf(place: Place, part: string): string[] {
    return [...this.objects(place).keys()].filter((key) => key.startsWith(`${place.prefix}${part}/`)).toSorted();
  }
}
