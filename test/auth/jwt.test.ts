import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type JwtClaims, jwt } from "../../plugins/jwt.ts";
import { anonymous, authenticate } from "../../src/index.ts";
import { askAll, bearer, fromAll, openAuthDoors } from "./doors.ts";
import { audience, issuer, keyPair, secret, serveKeys, signed, signedBy, signedBySecret, unsigned } from "./tokens.ts";

const hour = () => Math.floor(Date.now() / 1000) + 3600;
const bySecret = () => authenticate([jwt({ secret, issuer, audience })]);
/** JSON leaves it out. */
const without = (claim: string): JwtClaims => Object.fromEntries([[claim, undefined]]);
const ada = expect.objectContaining({ id: "ada", roles: ["editor"], claims: expect.objectContaining({ iss: issuer }) });

test("a token names the actor on every door, and without one it is anonymous", async () => {
  const { doors } = await openAuthDoors(bySecret(), []);
  expect(await askAll(doors, bearer(await signedBySecret()))).toEqual(fromAll(doors, ada));
  expect(await askAll(doors, {})).toEqual(fromAll(doors, anonymous));
  // As clients send it that have no token.
  expect(await askAll(doors, { authorization: "" })).toEqual(fromAll(doors, anonymous));
});

describe("a bad token is refused on every door, and is never anonymous", () => {
  const bad: Record<string, () => Promise<string> | string> = {
    expired: () => signedBySecret({}, { expires: Math.floor(Date.now() / 1000) - 10 }),
    "not valid yet": () => signedBySecret({ nbf: hour() }),
    "without exp": () => signedBySecret({}, { expires: null }),
    "of another issuer": () => signedBySecret({ iss: "https://evil.example" }),
    "for another audience": () => signedBySecret({ aud: "https://other.example" }),
    "for no audience": () => signedBySecret(without("aud")),
    "without sub": () => signedBySecret(without("sub")),
    "with an empty sub": () => signedBySecret({ sub: "" }),
    "signed with another secret": () => signed(new TextEncoder().encode("f".repeat(32))),
    "of an algorithm that is not allowed": () => signedBySecret({}, { alg: "HS512" }),
    "of algorithm none": () => unsigned({ alg: "none" }, { iss: issuer, aud: audience, sub: "ada", exp: hour() }),
    "of algorithm nOnE": () => unsigned({ alg: "nOnE" }, { iss: issuer, aud: audience, sub: "ada", exp: hour() }),
    "with exp as text": () => signedBySecret({ exp: "never" as unknown as number }, { expires: null }),
    "over 8 KiB": () => signedBySecret({ note: "x".repeat(8192) }),
    "with other claims under the same signature": async () => {
      const [header, , signature] = (await signedBySecret()).split(".");
      const claims = { iss: issuer, aud: audience, sub: "root", exp: hour() };
      return `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
    },
    "that is none": () => "a.b.c",
    "without dots": () => "abc",
    "twice in one header": async () => `${await signedBySecret()}, Bearer ${await signedBySecret()}`,
  };

  test.each(Object.keys(bad))("%s", async (name) => {
    const { doors } = await openAuthDoors(bySecret(), []);
    expect(await askAll(doors, bearer((await bad[name]?.()) ?? ""))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  });

  test("nor is what another scheme of HTTP says", async () => {
    const { doors } = await openAuthDoors(bySecret(), []);
    expect(await askAll(doors, { authorization: "Basic YTpi" })).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  });
});

test("an oversized token is refused without being read", async () => {
  const { doors } = await openAuthDoors(authenticate([jwt({ secret, maxBytes: 100 })]), []);
  expect(await askAll(doors, bearer(await signedBySecret()))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
});

test("a token counts no more once it was revoked", async () => {
  const revoked = new Set<unknown>();
  const { doors } = await openAuthDoors(authenticate([jwt({ secret, isRevoked: ({ jti }) => revoked.has(jti) })]), []);
  const headers = bearer(await signedBySecret({ jti: "t1" }));
  expect(await askAll(doors, headers)).toEqual(fromAll(doors, ada));
  revoked.add("t1");
  expect(await askAll(doors, headers)).toEqual(fromAll(doors, "UNAUTHENTICATED"));
});

describe("what a token makes of its bearer", () => {
  const roles = async (claims: JwtClaims) => {
    const { doors } = await openAuthDoors(bySecret(), []);
    const said = await doors[0]?.ask(bearer(await signedBySecret(claims)));
    return Object(said).roles;
  };

  test("roles are those of `roles`, else of `scope`", async () => {
    expect(await roles({ roles: ["a", 1, "", "b"] })).toEqual(["a", "b"]);
    expect(await roles({ roles: null, scope: "read  write" })).toEqual(["read", "write"]);
    expect(await roles({ roles: "admin" })).toEqual([]);
  });

  test("is what `actor` says, and nobody where that throws or is none", async () => {
    const actor = ({ tenant }: JwtClaims) => {
      if (tenant === "closed") throw new TypeError("closed");
      return { id: typeof tenant === "string" ? tenant : "", roles: [], claims: {} };
    };
    const { doors } = await openAuthDoors(authenticate([jwt({ secret, actor })]), []);
    expect(await askAll(doors, bearer(await signedBySecret({ tenant: "acme" })))).toEqual(
      fromAll(doors, { id: "acme", roles: [], claims: {} }),
    );
    for (const tenant of ["closed", null])
      expect(await askAll(doors, bearer(await signedBySecret({ tenant })))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
  });
});

describe("keys of somebody else", () => {
  test.each(["RS256", "ES256", "EdDSA"])(
    "a public key takes %s, and nothing that was signed with the key itself as a secret",
    async (alg) => {
      const pair = await keyPair(alg, "k1");
      const { doors } = await openAuthDoors(authenticate([jwt({ publicKey: pair.pem, issuer, audience })]), []);
      expect(await askAll(doors, bearer(await signedBy(pair)))).toEqual(fromAll(doors, ada));
      const content = unsigned({ alg: "HS256" }, { iss: issuer, aud: audience, sub: "root", exp: hour() }).slice(0, -1);
      const confused = `${content}.${createHmac("sha256", pair.pem).update(content).digest("base64url")}`;
      const other = await keyPair(alg, "k1");
      for (const token of [confused, await signedBy(other)])
        expect(await askAll(doors, bearer(token))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
    },
  );

  test("a set of keys is read once, and again for a key that it did not have", async () => {
    const keys = [await keyPair("RS256", "old")];
    const served = await serveKeys(() => keys.map(({ jwk }) => jwk));
    const { doors } = await openAuthDoors(authenticate([jwt({ jwks: served.url, issuer, audience })]), []);
    const [old] = keys;
    if (!old) return expect.unreachable();
    expect(await askAll(doors, bearer(await signedBy(old)))).toEqual(fromAll(doors, ada));
    expect(served.state.asked).toBe(1);
    const stranger = await keyPair("ES256", "stranger");
    expect(await askAll(doors, bearer(await signedBy(stranger)))).toEqual(fromAll(doors, "UNAUTHENTICATED"));
    // Unknown keys do not make it ask for each of them.
    expect(served.state.asked).toBe(1);
  });

  test("without keys nobody is let in, and the answer says to come again", async () => {
    const pair = await keyPair("ES256", "k1");
    const served = await serveKeys(() => [pair.jwk]);
    served.state.status = 500;
    const { doors } = await openAuthDoors(authenticate([jwt({ jwks: served.url, issuer, audience })]), []);
    const headers = bearer(await signedBy(pair));
    expect(await askAll(doors, headers)).toEqual(fromAll(doors, "UNAVAILABLE"));
    served.state.status = 200;
    expect(await askAll(doors, headers)).toEqual(fromAll(doors, ada));
    await served.close();
    expect(await askAll(doors, headers)).toEqual(fromAll(doors, ada));
  });

  test("a set that is no set, or out of reach, lets nobody in", async () => {
    const pair = await keyPair("ES256", "k1");
    const odd = await serveKeys(() => [1 as unknown as object]);
    const gone = await serveKeys(() => []);
    await gone.close();
    for (const { url } of [odd, gone]) {
      const { doors } = await openAuthDoors(authenticate([jwt({ jwks: url, issuer, audience })]), []);
      expect(await askAll(doors, bearer(await signedBy(pair)))).toEqual(fromAll(doors, "UNAVAILABLE"));
    }
  });
});

describe("options that would let somebody in, or nobody", () => {
  test.each([
    ["no key", {}, "secret"],
    ["two keys", { secret, jwks: "https://id.example/keys", issuer, audience }, "secret"],
    ["a short secret", { secret: "short" }, "secret"],
    ["keys of others for any audience", { jwks: "https://id.example/keys", issuer }, "audience"],
    ["keys of others from any issuer", { jwks: "https://id.example/keys", audience }, "issuer"],
    ["keys by http", { jwks: "http://id.example/keys", issuer, audience }, "jwks"],
    ["keys by another protocol", { jwks: "file:///etc/keys", issuer, audience }, "jwks"],
    ["algorithm none", { secret, algorithms: ["none"] }, "algorithms"],
    ["a public algorithm with a secret", { secret, algorithms: ["RS256"] }, "algorithms"],
    ["a secret's algorithm with public keys", { jwks: "https://id.example/keys", issuer, audience, algorithms: ["HS256"] }, "algorithms"],
    ["no algorithm", { secret, algorithms: [] }, "algorithms"],
    ["an empty audience", { secret, audience: "" }, "audience"],
    ["no list of audiences", { secret, audience: [] }, "audience"],
    ["a public key that is none", { publicKey: "nope", issuer, audience }, "publicKey"],
    ["a misspelt option", { secret, audiance: audience }, "audiance"],
  ])("%s is BAD_REQUEST that names the option", (_what, options, field) => {
    expect(() => jwt(options)).toThrow(expect.objectContaining({ code: "BAD_REQUEST", details: expect.objectContaining({ field }) }));
  });

  test("a private key is refused as a public one", async () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----";
    expect(() => jwt({ publicKey: pem, issuer, audience })).toThrow(/private/);
  });
});
