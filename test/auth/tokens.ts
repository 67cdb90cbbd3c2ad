import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { onTestFinished } from "vitest";

export const issuer = "https://id.example";
export const audience = "https://api.example";
export const secret = "0123456789abcdef0123456789abcdef";

type SigningKey = Parameters<SignJWT["sign"]>[0];

export interface Made {
  readonly alg?: string;
  readonly kid?: string;
  /** For `exp`; null for none. */
  readonly expires?: string | number | null;
}

/** A token of `ada`, an editor, for an hour; unless `claims` say otherwise. */
export function signed(key: SigningKey, claims: JWTPayload = {}, { alg = "HS256", kid, expires = "1h" }: Made = {}): Promise<string> {
  const token = new SignJWT({ iss: issuer, aud: audience, sub: "ada", roles: ["editor"], ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .setIssuedAt();
  return (expires === null ? token : token.setExpirationTime(expires)).sign(key);
}

export const signedBySecret = (claims: JWTPayload = {}, made: Made = {}) => signed(new TextEncoder().encode(secret), claims, made);

export async function keyPair(alg: string, kid: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const pem = await exportSPKI(publicKey);
  return { alg, kid, privateKey, pem, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: "sig" } };
}

export const signedBy = ({ alg, kid, privateKey }: Awaited<ReturnType<typeof keyPair>>, claims: JWTPayload = {}, made: Made = {}) =>
  signed(privateKey, claims, { alg, kid, ...made });

/** A server of keys, which may be broken; how often it was asked. */
export async function serveKeys(keys: () => readonly object[]) {
  const state = { status: 200, hangs: false, asked: 0 };
  const server = createServer((_incoming, outgoing) => {
    state.asked += 1;
    if (state.hangs) return;
    outgoing.writeHead(state.status, { "content-type": "application/json" }).end(JSON.stringify({ keys: keys() }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, state, close };
}

/** As somebody writes it who has no key. */
export const unsigned = (header: object, claims: object, signature = ""): string =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.${signature}`;
