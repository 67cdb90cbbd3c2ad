import { expect } from "vitest";
import type { Reply } from "../../../src/storage/rows.ts";
import { type Case, commit, expectAbsent, expectCurrent, expectFeed, refusal } from "../case.ts";
import { Article, create, type Version } from "../fixtures.ts";

const day = 86_400_000;
const replyTo = ({ meta }: Version, key: string, expiresAt = Date.now() + day): Reply => ({
  key,
  payload: "sha256:p\u00e9",
  id: meta.id,
  result: `{"id":"${meta.id}","text":"\u{1F600}"}`,
  expiresAt,
});
const withReply = (version: Version, reply: Reply) => ({ changes: [version.change], reply });

/** Idempotency keys: kept with the unit, answered instead of a second one. */
export const replies: readonly Case[] = [
  {
    name: "a reply is kept with its unit and read by its key",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One" });
      const reply = replyTo(article, "key");
      expect(await storage.commit([withReply(article, reply)])).toEqual([{ ok: true }]);
      expect(await storage.reply("key")).toEqual(reply);
      expect(await storage.reply("KEY")).toBeUndefined();
      expect(await storage.reply("unknown")).toBeUndefined();
    },
  },
  {
    name: "a unit whose key was used is not committed and answers the first reply",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = create(Article, { title: "2" });
      const reply = replyTo(first, "key");
      await storage.commit([withReply(first, reply)]);
      expect(await refusal(storage, withReply(second, { ...replyTo(second, "key"), payload: "other" }))).toEqual({ kind: "replay", reply });
      await expectAbsent(storage, second);
      await expectFeed(storage, first);
      expect(await storage.reply("key")).toEqual(reply);
    },
  },
  {
    name: "of two units of one list with one key the first is committed",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = create(Article, { title: "2" });
      const reply = replyTo(first, "key");
      const results = await storage.commit([withReply(first, reply), withReply(second, replyTo(second, "key"))]);
      expect(results).toEqual([{ ok: true }, { ok: false, failure: { kind: "replay", reply } }]);
      await expectCurrent(storage, first);
      await expectAbsent(storage, second);
    },
  },
  {
    name: "a unit that failed keeps no reply",
    run: async ({ storage }) => {
      const held = create(Article, { title: "held" });
      await commit(storage, held);
      const rival = create(Article, { title: "rival" }, { id: held.meta.id });
      expect(await refusal(storage, withReply(rival, replyTo(rival, "key")))).toMatchObject({ kind: "taken" });
      expect(await storage.reply("key")).toBeUndefined();
    },
  },
  {
    name: "an expired reply is not answered, and its key can be used again",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = create(Article, { title: "2" });
      await storage.commit([withReply(first, replyTo(first, "key", Date.now() - 1))]);
      expect(await storage.reply("key")).toBeUndefined();
      const reply = replyTo(second, "key");
      expect(await storage.commit([withReply(second, reply)])).toEqual([{ ok: true }]);
      await expectCurrent(storage, first, second);
      expect(await storage.reply("key")).toEqual(reply);
    },
  },
];
