import { onTestFinished } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { s3Storage } from "../../src/s3.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { useS3Double } from "../support/s3-server.ts";
import type { Variant } from "./conformance.ts";
import { temporaryDirectory } from "./disk-fixtures.ts";
import { storageAt, temporaryPlace } from "./postgres-fixtures.ts";

/** Data of one test, opened as often as it likes. */
export interface ChangingStore {
  /** A storage over the data that is not open. */
  readonly make: () => IStorage;
  /** Opened, and all of its columns filled; closed when the test has finished, if it was not before. */
  readonly open: (of: readonly ResourceSpec[]) => Promise<IStorage>;
  /** Opened and not waited for. */
  readonly begin: (of: readonly ResourceSpec[]) => Promise<IStorage>;
}

export interface ChangingStores {
  readonly name: string;
  readonly start: (options: Variant) => Promise<ChangingStore>;
  /** Several may have the data open at once. */
  readonly shared: boolean;
}

/** To be called where a suite is described. */
export function changingStores(): readonly ChangingStores[] {
  const { newPrefix } = useS3Double();
  const made: readonly {
    readonly name: string;
    readonly shared: boolean;
    readonly maker: (options: Variant) => Promise<() => IStorage>;
  }[] = [
    {
      name: "disk",
      shared: true,
      maker: async (options) => {
        const dir = await temporaryDirectory();
        return () => diskStorage(dir, options);
      },
    },
    {
      name: "s3",
      shared: false,
      maker: async (options) => {
        const [dir, s3] = [await temporaryDirectory(), newPrefix()];
        return () => s3Storage({ ...s3, ...options, dir });
      },
    },
    {
      name: "postgres",
      shared: true,
      maker: async (options) => {
        const place = await temporaryPlace();
        return () => storageAt(place, "files", options);
      },
    },
  ];
  return made
    .filter(({ name }) => name !== "postgres" || !withoutPostgres())
    .map(({ name, shared, maker }) => ({ name, shared, start: async (options) => storeOf(await maker(options)) }));
}

export const variants: readonly Variant[] = [{ inlineBytes: 0 }, {}];

function storeOf(make: () => IStorage): ChangingStore {
  const begin = async (of: readonly ResourceSpec[]) => {
    const storage = make();
    await storage.open(of, () => {});
    onTestFinished(() => storage.close());
    return storage;
  };
  const open = async (of: readonly ResourceSpec[]) => {
    const storage = await begin(of);
    await storage.schema.filled();
    return storage;
  };
  return { make, begin, open };
}
