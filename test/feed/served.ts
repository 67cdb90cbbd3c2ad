import { expect, onTestFinished } from "vitest";
import type { PlatformOptions } from "../../src/platform.ts";
import type { StoreState } from "../../src/storage/rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { Refused, type SubscriptionArgs, type Transport } from "./transports.ts";

const specs = [Author, Article] as const;

/** A platform behind a real port. */
export async function served(options: Partial<PlatformOptions<typeof specs>> = {}) {
  const platform = await openPlatform(specs, options);
  const server = await platform.listen({ port: 0 });
  const articles = platform.resource(Article);
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) await articles.create({ title: `T${i}` });
  };
  return { platform, server, url: server.url, articles, write };
}

/** A subscription that has said READY. */
export async function opened(subscribe: Transport, url: string, args: SubscriptionArgs = {}) {
  const subscription = await subscribe(url, args);
  onTestFinished(() => subscription.close());
  const ready = await subscription.next();
  expect(ready).toMatchObject({ kind: "ready", id: null, version: null });
  return { subscription, cursor: ready?.cursor };
}

/** The error that a subscription begins with. */
export const refusal = async (subscribe: Transport, url: string, args: SubscriptionArgs) => {
  const subscription = await subscribe(url, args);
  onTestFinished(() => subscription.close());
  const { code, reason } = await subscription.next().then(
    () => new Refused("none"),
    (thrown: Refused) => thrown,
  );
  return { code, reason };
};

/** A clock that stands still until it is told. */
export function clock() {
  let ms = Date.UTC(2026, 0, 1);
  let count = 0;
  return {
    context: {
      now: () => ms,
      uuid: () => `01950000-0000-7000-8000-${String(++count).padStart(12, "0")}`,
      randomBytes: (bytes: number) => new Uint8Array(bytes).fill(7),
      random: () => 0.5,
    },
    pass: (more: number) => (ms += more),
  };
}

/** A storage that says something else of itself than it should. */
export const withState = (storage: IStorage, change: (state: StoreState) => StoreState): IStorage =>
  new Proxy(storage, {
    get: (target, name) => {
      if (name === "state") return async () => change(await target.state());
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

/** What a GraphQL answer streams, event by event. */
export async function* streamed(response: Response): AsyncGenerator<unknown, void> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) if (block.startsWith("event: next")) yield JSON.parse(block.slice(block.indexOf("{")));
  }
}
