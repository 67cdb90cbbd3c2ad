import { expect } from "vitest";
import { type Case, eventually, expectDepth, inbox, message, messages, put, rest } from "../case.ts";

const body = JSON.stringify({ type: "thumbnail", text: 'Zoë "quoted" \\ \n 𝒳 漢字 👩‍👩‍👧', attempt: null });
const largest = `"${"ü".repeat(32 * 1024 - 1)}"`;

/** Of what is put. */
export const putting: readonly Case[] = [
  {
    name: "delivers what was put, to the last character",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, { id: "job_1", body }, { id: "job_2", body: largest.slice(1, -1) }, { id: "job_3", body: "" });
      const box = await inbox(queue, jobs);
      await eventually(() => expect(box.deliveries).toHaveLength(3));
      expect(new Map(box.deliveries.map((each) => [each.id, each.body]))).toEqual(
        new Map([
          ["job_1", body],
          ["job_2", largest.slice(1, -1)],
          ["job_3", ""],
        ]),
      );
    },
  },
  {
    name: "is empty after what was delivered was acked",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, ...messages(5));
      const box = await inbox(queue, jobs);
      await eventually(() => expect(box.deliveries).toHaveLength(5));
      await box.consumer.close();
      expect(box.ids().toSorted()).toEqual(messages(5).map(({ id }) => id));
      expect(await rest(queue, jobs)).toEqual([]);
    },
  },
  {
    name: "answers for each message, and refuses some without the others",
    run: async ({ queue, jobs }) => {
      const results = await queue.put(jobs, [
        message("job_1"),
        { id: "", body: "{}" },
        { id: "two words", body: "{}" },
        { id: "x".repeat(201), body: "{}" },
        { id: "job_nul", body: "\0" },
        { id: "job_half", body: "\ud800" },
        { id: "job_large", body: `${largest}..` },
        message("job_2"),
      ]);
      expect(results.map((result) => (result.ok ? "ok" : result.error.code))).toEqual([
        "ok",
        ...Array.from({ length: 5 }, () => "BAD_REQUEST"),
        "PAYLOAD_TOO_LARGE",
        "ok",
      ]);
      expect((await rest(queue, jobs)).toSorted()).toEqual(["job_1", "job_2"]);
    },
  },
  {
    name: "takes no messages as well as thousands",
    run: async ({ queue, jobs }) => {
      expect(await queue.put(jobs, [])).toEqual([]);
      await put(queue, jobs, ...messages(2500));
      const box = await inbox(queue, jobs, undefined, 200);
      await eventually(() => expect(box.deliveries).toHaveLength(2500));
      expect(new Set(box.ids()).size).toBe(2500);
    },
  },
  {
    name: "carries one id twice",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"), message("job_1"));
      await put(queue, jobs, message("job_1"));
      expect(await rest(queue, jobs)).toEqual(["job_1", "job_1", "job_1"]);
    },
  },
  {
    name: "keeps queues apart",
    run: async ({ queue, jobs, mails }) => {
      await put(queue, jobs, message("job_1"));
      await put(queue, mails, message("mail_1"));
      expect(await rest(queue, mails)).toEqual(["mail_1"]);
      expect(await rest(queue, jobs)).toEqual(["job_1"]);
    },
  },
  {
    name: "wakes a consumer that was there before",
    run: async ({ queue, jobs, another }) => {
      const box = await inbox(queue, jobs);
      await put(queue, jobs, message("job_1"));
      await eventually(() => expect(box.ids()).toEqual(["job_1"]));
      await put((await another()).queue, jobs, message("job_2"));
      await eventually(() => expect(box.ids()).toEqual(["job_1", "job_2"]));
    },
  },
  {
    name: "counts what waits",
    run: async ({ queue, jobs, mails }) => {
      await expectDepth(queue, jobs, 0);
      await put(queue, jobs, ...messages(7));
      await expectDepth(queue, jobs, 7);
      await expectDepth(queue, mails, 0);
    },
  },
  {
    name: "knows the queues that it was opened with, and more when it is opened with more",
    run: async ({ queue, jobs }) => {
      await put(queue, jobs, message("job_1"));
      const more = `${jobs}_more`;
      for (const ask of [() => queue.put(more, [message("job_2")]), () => queue.consume(more, async () => "ack"), () => queue.depth(more)])
        await expect(ask()).rejects.toMatchObject({ code: "BAD_REQUEST", message: expect.stringContaining(more) });
      await queue.open([jobs, more]);
      await put(queue, more, message("job_2"));
      expect(await rest(queue, more)).toEqual(["job_2"]);
      expect(await rest(queue, jobs)).toEqual(["job_1"]);
    },
  },
  {
    name: "refuses names and numbers that can never be right",
    run: async ({ queue, jobs }) => {
      for (const name of ["", "1st", "two words", "jobs.dead", "dead", "x".repeat(65), "a/b"])
        await expect(queue.open([name]), name).rejects.toMatchObject({ code: "BAD_REQUEST" });
      for (const prefetch of [0, -1, 1.5, Number.NaN, 1001])
        await expect(queue.consume(jobs, async () => "ack", { prefetch })).rejects.toMatchObject({ code: "BAD_REQUEST" });
      for (const limit of [0, -1, 1.5, 1001]) await expect(queue.dead(jobs, limit)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    },
  },
  {
    name: "keeps what waits when it is opened anew",
    needs: "durable",
    run: async ({ queue, jobs, reopen }) => {
      await put(queue, jobs, ...messages(3));
      const opened = await reopen();
      expect((await rest(opened, jobs)).toSorted()).toEqual(["job_0", "job_1", "job_2"]);
    },
  },
];
