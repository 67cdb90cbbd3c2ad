import { afterEach, describe, expect, test } from "vitest";
import type { IStorage } from "../../src/storage/storage.ts";
import type { Case, Env } from "./case.ts";
import { aggregating } from "./cases/aggregating.ts";
import { blobs } from "./cases/blobs.ts";
import { committing } from "./cases/committing.ts";
import { concurrency } from "./cases/concurrency.ts";
import { constraints } from "./cases/constraints.ts";
import { durability } from "./cases/durability.ts";
import { feeds } from "./cases/feeds.ts";
import { filters } from "./cases/filters.ts";
import { importing } from "./cases/importing.ts";
import { lifecycle } from "./cases/lifecycle.ts";
import { past } from "./cases/past.ts";
import { reading } from "./cases/reading.ts";
import { relating } from "./cases/relating.ts";
import { replies } from "./cases/replies.ts";
import { searching } from "./cases/searching.ts";
import { values } from "./cases/values.ts";
import { specs } from "./fixtures.ts";

export type BackendName = "memory" | "disk" | "s3" | "postgres" | "postgres, revisions in sql";

/** What every backend has to say of itself before it can be tested: a new one does not compile without a line here. */
export const backends: Record<BackendName, { readonly durable: boolean }> = {
  memory: { durable: false },
  disk: { durable: true },
  s3: { durable: true },
  postgres: { durable: true },
  "postgres, revisions in sql": { durable: true },
};

/** The laws of `IStorage`. */
export const groups = {
  committing,
  lifecycle,
  constraints,
  replies,
  reading,
  searching,
  filters,
  relating,
  past,
  aggregating,
  feeds,
  blobs,
  importing,
  values,
  concurrency,
  durability,
} satisfies Readonly<Record<string, readonly Case[]>>;
export const cases: readonly Case[] = Object.values(groups).flat();

/** Every suite runs with bodies beside their rows and with bodies in the revision store; some cases ask for an option. */
export interface Variant {
  readonly inlineBytes?: number;
  readonly feedRetentionMs?: number;
}
export const variants = {
  "bodies inline": {},
  "bodies in the revision store": { inlineBytes: 0 },
} satisfies Readonly<Record<string, Variant>>;

/** A storage that is not open yet, over data that nobody else has. */
export interface Opened {
  readonly storage: IStorage;
  /** Another one over the same data, after this one was closed. Durable backends must have it. */
  readonly reopen?: () => Promise<IStorage>;
  readonly cleanup: () => Promise<void> | void;
}

export type Open = (variant: Variant) => Promise<Opened>;

/** An environment for one case, and how to put it away. */
export async function startEnv({ storage, reopen, cleanup }: Opened): Promise<{ env: Env; stop: () => Promise<void> }> {
  let current = storage;
  let wakes = 0;
  const open = async (next: IStorage): Promise<IStorage> => {
    current = next;
    await next.open(specs, () => {
      wakes += 1;
    });
    return next;
  };
  await open(storage);
  const env: Env = {
    storage,
    wakes: () => wakes,
    reopen: async () => {
      expect(reopen, "a durable backend says how it is reopened").toBeDefined();
      await current.close();
      return open((await reopen?.()) ?? current);
    },
  };
  const stop = async () => {
    await current.close();
    await cleanup();
  };
  return { env, stop };
}

/** Which laws a backend answers for: those that need what it cannot do are left out by name. */
export const casesFor = (name: BackendName, of: readonly Case[]): readonly Case[] =>
  of.filter(({ needs }) => needs === undefined || backends[name][needs]);

export const optionsOf = ({ feedRetentionMs }: Case): Variant => (feedRetentionMs === undefined ? {} : { feedRetentionMs });

/** What a second server of one backend is asked, where all of the suite was asked of the first. */
export interface Part {
  readonly variants: readonly (keyof typeof variants)[];
  readonly groups: readonly (keyof typeof groups)[];
}

/** The conformance suite. A backend's test file is one call of it, and what is special of that backend. */
export function storageConformance(name: BackendName, open: Open, part?: Part): void {
  const chosen = <T>(all: Readonly<Record<string, T>>, names?: readonly string[]) =>
    Object.entries(all).filter(([each]) => names?.includes(each) ?? true);
  describe.each(chosen<Variant>(variants, part?.variants))(`${name} storage, %s`, (_name, variant) => {
    let stop: (() => Promise<void>) | undefined;
    afterEach(async () => {
      await stop?.();
      stop = undefined;
    });

    test("says what it can do", async () => {
      const started = await startEnv(await open(variant));
      stop = started.stop;
      expect(started.env.storage.capabilities.durable).toBe(backends[name].durable);
    });

    for (const [group, of] of chosen<readonly Case[]>(groups, part?.groups)) {
      const run = casesFor(name, of);
      if (run.length === 0) continue;
      describe(group, () => {
        test.each(run)("$name", async (each) => {
          const started = await startEnv(await open({ ...variant, ...optionsOf(each) }));
          stop = started.stop;
          await each.run(started.env);
        });
      });
    }
  });
}
