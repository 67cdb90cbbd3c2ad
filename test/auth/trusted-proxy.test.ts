import { describe, expect, test } from "vitest";
import { trustedProxy } from "../../plugins/trusted-proxy.ts";
import { anonymous, authenticate } from "../../src/index.ts";
import { askAll, fromAll, openAuthDoors } from "./doors.ts";

const headers = { "x-forwarded-user": "ada", "x-forwarded-roles": "editor, admin,,reader " };
const ada = { id: "ada", roles: ["editor", "admin", "reader"], claims: {} };
const open = async (proxies: readonly string[], host?: string) =>
  openAuthDoors(authenticate([trustedProxy({ proxies, rolesHeader: "X-Forwarded-Roles" })]), [], host);
const isInit = (name: string) => name.endsWith("connection_init");

test("a proxy is believed on every door, but for what a message of its client says", async () => {
  const { doors } = await open(["127.0.0.0/8"]);
  for (const { name, ask } of doors) expect(await ask(headers), name).toEqual(isInit(name) ? "UNAUTHENTICATED" : ada);
  expect(await askAll(doors, {})).toEqual(fromAll(doors, anonymous));
});

test("nobody else is, and is not anonymous with it either", async () => {
  const { doors } = await open(["10.0.0.0/8", "192.168.0.1", "::2"]);
  expect(await askAll(doors, headers)).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  // An address that a header names is no address.
  expect(await askAll(doors, { ...headers, "x-forwarded-for": "10.0.0.1", forwarded: "for=10.0.0.1" })).toEqual(
    fromAll(doors, "UNAUTHENTICATED"),
  );
  expect(await askAll(doors, {})).toEqual(fromAll(doors, anonymous));
});

test("an IPv4 address that comes as IPv6 is the same address", async () => {
  const { doors } = await open(["127.0.0.1/32"], "::");
  expect(await doors[0]?.ask(headers)).toEqual(ada);
});

test("without a socket there is no proxy", async () => {
  const { platform } = await open(["127.0.0.1", "0.0.0.0/0", "::/0"]);
  expect((await platform.fetch(new Request("http://door/articles", { headers }))).status).toBe(401);
  expect((await platform.fetch(new Request("http://door/articles"))).status).toBe(200);
});

describe("what a proxy says of nobody, or of several, is refused", () => {
  test.each<[string, Record<string, string>]>([
    ["a name that was added to another", { "x-forwarded-user": "root, ada" }],
    ["a name of more than ASCII", { "x-forwarded-user": "\u00e4da" }],
    ["a name that is too long", { "x-forwarded-user": "a".repeat(300) }],
    ["roles of nobody", { "x-forwarded-roles": "admin" }],
    ["a token beside it", { ...headers, authorization: "Bearer a.b.c" }],
  ])("%s", async (_what, given) => {
    const { doors } = await open(["127.0.0.1"]);
    const said = await askAll(doors, given);
    expect(said).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  });
});

test.each([[[]], [["nope"]], [["10.0.0.0/33"]], [["::/129"]], [["10.0.0.0/"]], [[5]]])("%j is no list of proxies", (proxies) => {
  expect(() => trustedProxy({ proxies: proxies as unknown as string[] })).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST", details: { field: "proxies" } }),
  );
});
