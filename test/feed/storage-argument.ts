import { diskStorage } from "../../src/disk.ts";
import type { IStorage } from "../../src/storage/storage.ts";

/** A storage by an argument of a command: `disk:/some/folder`, or the URL of a PostgreSQL database with its schema as `#schema`. */
export async function storageOf(argument: string): Promise<IStorage> {
  if (argument.startsWith("disk:")) return diskStorage(argument.slice("disk:".length));
  const { protocol, hash } = new URL(argument);
  if (!/^postgres(ql)?:$/.test(protocol)) throw new TypeError(`${argument} names no storage: disk:/folder or postgres://…#schema`);
  // Loaded only where it is asked for.
  const file = "../../src/postgres.ts";
  const { postgresStorage } = await import(file);
  return postgresStorage({ url: argument.replace(/#.*$/, ""), ...(hash ? { schema: hash.slice(1) } : {}), revisions: "sql" });
}
