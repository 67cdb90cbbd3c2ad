import { describe, expect, test } from "vitest";
import type { Authorize } from "../../src/manager/authorize.ts";
import { countingStorage } from "../graphql/counting-storage.ts";
import { everyKind, Sample, sample, Writer } from "../graphql/every-kind.ts";
import { openPlatform } from "../support/open-platform.ts";
import { clientOf, expectProblem } from "./client.ts";

async function filled(count: number, options: Partial<Parameters<typeof openPlatform<typeof everyKind>>[1]> = {}) {
  const { storage, calls } = countingStorage();
  const platform = await openPlatform(everyKind, { storage, ...options });
  const writers = platform.resource(Writer);
  const chief = await writers.create({ name: "Chief" });
  const mentor = await writers.create({ name: "Mentor", mentor: chief.id });
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const writer = await writers.create({ name: `W${i}`, mentor: mentor.id });
    const made = await platform.resource(Sample).create({
      ...sample,
      state: "open",
      fixed: "only",
      text: `S${i}`,
      writer: writer.id,
      editors: [mentor.id, writer.id],
      credit: { by: writer.id },
      sections: [{ heading: "h", proof: mentor.id }, { heading: "i" }],
      media: { kind: "image", url: "u", artist: chief.id },
      ...(ids[0] ? { source: `${ids[0]}:1` } : {}),
    });
    ids.push(made.id);
  }
  calls.length = 0;
  return { platform, ask: clientOf(platform.fetch), ids, calls, chief, mentor };
}

/** The platform's own manager is nobody's guest. */
const guestOverHttp = () => ({ id: "guest", roles: [], claims: {} });

const names = (items: readonly { data: { writer: { data: { name: string } } } }[]) => items.map((each) => each.data.writer.data.name);

describe("expand", () => {
  test.each([1, 50])("over %i rows costs one storage call per spec and step", async (count) => {
    const { ask, calls } = await filled(count);
    const page = await ask(
      "GET",
      "/samples?first=50&orderBy=text&expand=writer.mentor.mentor,credit.by,editors,sections.proof,media.artist,source",
    );
    expect(page.status, page.text.slice(0, 300)).toBe(200);
    expect(page.body.items).toHaveLength(count);
    expect(names(page.body.items)[0]).toBe("W0");
    expect(page.body.items[0].data).toMatchObject({
      writer: {
        meta: { version: 1 },
        revision: { number: 1 },
        data: { mentor: { data: { name: "Mentor", mentor: { data: { name: "Chief" } } } } },
      },
      credit: { by: { data: { name: "W0" } } },
      editors: [{ data: { name: "Mentor" } }, { data: { name: "W0" } }],
      sections: [{ heading: "h", proof: { data: { name: "Mentor" } } }, { heading: "i" }],
      media: { kind: "image", artist: { data: { name: "Chief" } } },
    });
    // Writers of the first step; their mentors are among them, and so is the mentor's.
    expect(calls.toSorted()).toEqual(count === 1 ? ["read writer", "search sample"] : ["read sample", "read writer", "search sample"]);
  });

  test("a pinned ref shows the revision that it holds", async () => {
    const { ask, ids } = await filled(2);
    await ask("PATCH", `/samples/${ids[0]}`, { body: { text: "later" }, headers: { "content-type": "application/merge-patch+json" } });
    const { source } = (await ask("GET", `/samples/${ids[1]}?expand=source`)).body.data;
    expect(source).toMatchObject({ id: `${ids[0]}:1`, number: 1, data: { text: "S0" } });
  });

  test("one resource and a search answer it too, and nobody else's data is changed by it", async () => {
    const { ask, ids } = await filled(1);
    const plain = (await ask("GET", `/samples/${ids[0]}`)).text;
    const one = await ask("GET", `/samples/${ids[0]}?expand=writer`);
    expect(one.body.data.writer.data.name).toBe("W0");
    expect(one.headers.get("etag")).toBeNull();
    expect((await ask("GET", `/samples/${ids[0]}?expand=writer`, { headers: { "if-none-match": "*" } })).status).toBe(200);
    for (const expand of ["writer", ["writer"]])
      expect(names((await ask("POST", "/samples/search", { body: { expand } })).body.items)).toEqual(["W0"]);
    expect((await ask("GET", `/samples/${ids[0]}`)).text).toBe(plain);
  });

  test("only what fields leave is expanded", async () => {
    const { ask, ids, calls } = await filled(1);
    expect((await ask("GET", `/samples/${ids[0]}?fields=writer&expand=writer`)).body.data).toMatchObject({
      writer: { data: { name: "W0" } },
    });
    calls.length = 0;
    expect((await ask("GET", `/samples/${ids[0]}?fields=text&expand=writer`)).body).toEqual({ id: ids[0], data: { text: "S0" } });
    expect((await ask("GET", `/samples/${ids[0]}?fields=meta.version&expand=writer`)).body).toEqual({ id: ids[0], meta: { version: 1 } });
    expect(calls).toEqual(["read sample", "read sample"]);
  });

  test("what is deleted or may not be read stays an id, alike", async () => {
    const authorize: Authorize = async ({ actor, spec, operation }) =>
      actor.id === "guest" && spec.name === "writer" && operation === "get" ? { where: { name: { ne: "W0" } } } : true;
    const actor = (request: Request) => ({ id: request.headers.get("authorization") ?? "owner", roles: [], claims: {} });
    const { ask, ids, platform } = await filled(1, { authorize, actor });
    const path = `/samples/${ids[0]}?expand=writer,editors`;
    const shown = async (who: string) => (await ask("GET", path, { headers: { authorization: who } })).body.data;
    const { writer } = (await platform.resource(Sample).get(ids[0] ?? "")).data;
    expect((await shown("owner")).writer.data.name).toBe("W0");
    const guest = await shown("guest");
    expect([guest.writer, guest.editors[0].data.name, guest.editors[1]]).toEqual([writer, "Mentor", writer]);
  });

  test("who may not read the spec at all is told so", async () => {
    const authorize: Authorize = async ({ actor, spec, operation }) =>
      !(actor.id === "guest" && spec.name === "writer" && operation === "get");
    const { ask, ids } = await filled(1, { authorize, actor: guestOverHttp });
    expect((await ask("GET", `/samples/${ids[0]}`)).status).toBe(200);
    expectProblem(await ask("GET", `/samples/${ids[0]}?expand=writer`), 403, "FORBIDDEN");
  });

  test.each([
    "",
    "text",
    "nope",
    "writer.name",
    "writer.nope",
    "writer.",
    "credit",
    "media.nope",
    "meta",
    "__proto__",
    "writer.mentor.mentor.mentor",
    Array.from({ length: 11 }, () => "writer").join(),
    "x".repeat(5000),
  ])("%j is refused", async (expand) => {
    const { ask, ids } = await filled(1);
    for (const path of [`/samples/${ids[0]}`, "/samples"]) {
      const answer = await ask("GET", `${path}?expand=${expand}`);
      expectProblem(answer, 400, "BAD_REQUEST");
      expect(answer.body.field).toBe("expand");
      expect(answer.text.length).toBeLessThan(2000);
    }
  });

  test("the past is not expanded", async () => {
    const { ask, ids } = await filled(1);
    expectProblem(await ask("GET", `/samples/${ids[0]}?expand=writer&asOf=2099-01-01T00:00:00Z`), 400, "BAD_REQUEST");
    expectProblem(await ask("GET", "/samples?expand=writer&asOf=2099-01-01T00:00:00Z"), 400, "BAD_REQUEST");
  });

  test("more resources than the limit are refused before they are read", async () => {
    const { ask, calls } = await filled(5, { limits: { expanded: 4 } });
    expect((await ask("GET", "/samples?first=4&expand=writer")).status).toBe(200);
    calls.length = 0;
    const answer = await ask("GET", "/samples?first=5&expand=writer");
    expectProblem(answer, 400, "BAD_REQUEST");
    expect(answer.body.field).toBe("expand");
    expect(calls).toEqual(["search sample"]);
  });

  test("a small page that would become a huge answer is refused", async () => {
    const { ask, platform } = await filled(0);
    const large = await platform.resource(Writer).create({ name: "x".repeat(900_000) });
    const data = { ...sample, state: "open", fixed: "only", editors: Array.from({ length: 12 }, () => large.id) };
    const made = await ask("POST", "/samples", { body: data });
    expectProblem(await ask("GET", `/samples/${made.body.id}?expand=editors`), 400, "BAD_REQUEST");
  });
});
