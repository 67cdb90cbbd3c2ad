import { createPublicKey, type KeyObject } from "node:crypto";
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWK, type JWTPayload, type JWTVerifyResult, jwtVerify } from "jose";
import { type Actor, type Identity, type Scheme, type SchemeServices, SpecStarError } from "../src/index.ts";
import { aFlag, aFunction, aList, anObject, aString, checkOptions, type OptionCheck } from "../src/spec/check-options.ts";

/** What a token claims, once its signature was checked. */
export type JwtClaims = JWTPayload;

type Names = string | readonly string[];

/** One of `secret`, `publicKey` and `jwks` says what tokens are signed with. */
export interface JwtOptions {
  /** Shared with who signs, for HS256: at least 32 bytes. */
  readonly secret?: string | Uint8Array;
  /** PEM. */
  readonly publicKey?: string;
  /** URL of a JSON Web Key Set, by https unless it is on this machine; or the set itself. */
  readonly jwks?: string | { readonly keys: readonly JWK[] };
  /** `iss`, one of. Needed with `publicKey` and `jwks`, whose owner may sign for others; false for any. */
  readonly issuer?: Names | false;
  /** `aud`, one of. Needed as `issuer` is. */
  readonly audience?: Names | false;
  /** Of those that fit the key: HS256 for a secret, all that fit for other keys unless told. */
  readonly algorithms?: readonly string[];
  /** How far the clocks of who signs may be off: 0 unless told otherwise. */
  readonly clockToleranceSeconds?: number;
  /** Whether a token without `exp` is refused: true unless told otherwise. */
  readonly requireExpiry?: boolean;
  /** Longer tokens are refused unread: 8192 unless told otherwise. */
  readonly maxBytes?: number;
  /** `sub` as id, and `roles` or else `scope` as roles, unless told otherwise. A throw refuses the token. */
  readonly actor?: (claims: JwtClaims) => Actor | Promise<Actor>;
  /** Asked at every request, and every two seconds while a stream is open. */
  readonly isRevoked?: (claims: JwtClaims) => boolean | Promise<boolean>;
}

const texts = (value: unknown): boolean =>
  (typeof value === "string" && value !== "") ||
  (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string" && each !== ""));
const names: OptionCheck = { takes: "a text, a list of them, or false for any", allows: (value) => value === false || texts(value) };
const amount: OptionCheck = { takes: "a number from 0 on", allows: (value) => Number.isFinite(value) && Number(value) >= 0 };

const checks: Record<keyof JwtOptions, OptionCheck> = {
  secret: { takes: "a text or bytes", allows: (value) => typeof value === "string" || value instanceof Uint8Array },
  publicKey: aString,
  jwks: { takes: "a URL, or a set: { keys: [ … ] }", allows: (value) => typeof value === "string" || anObject.allows(value) },
  issuer: names,
  audience: names,
  algorithms: aList,
  clockToleranceSeconds: amount,
  requireExpiry: aFlag,
  maxBytes: amount,
  actor: aFunction,
  isRevoked: aFunction,
};

const bad = (message: string, field: string) => new SpecStarError("BAD_REQUEST", `jwt: ${message}`, { field });
const refused = (message: string, cause?: unknown) => new SpecStarError("UNAUTHENTICATED", message, {}, cause);

/**
 * JSON Web Tokens in `Authorization: Bearer`, for the option `actor` of a platform: `authenticate([jwt({ … })])`.
 * @throws BAD_REQUEST for options that leave a token unchecked, or that cannot be
 */
export function jwt(options: JwtOptions): Scheme {
  checkOptions("jwt", options, checks);
  const { maxBytes = 8192, actor = actorOf, isRevoked } = options;
  const verify = verifier(options);
  const identify = async (token: string, services: SchemeServices): Promise<Identity> => {
    if (Buffer.byteLength(token) > maxBytes) throw refused(`The token has more than ${maxBytes} bytes`);
    const { payload } = await verify(token, new Date(services.now()));
    if (await isRevoked?.(payload)) throw refused("The token was revoked");
    const { exp } = payload;
    return {
      actor: await actor(payload),
      expiresAt: exp === undefined ? undefined : (exp + (options.clockToleranceSeconds ?? 0)) * 1000,
      stillCounts: isRevoked && (async () => !(await isRevoked(payload))),
      credential: `jwt ${token}`,
    };
  };
  return {
    name: "jwt",
    securityScheme: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    claim({ header }) {
      const [, token] = /^Bearer +([^ ].*)$/i.exec(header("authorization") ?? "") ?? [];
      // Others have no dots.
      return token?.includes(".") ? { source: "authorization", identify: (services) => identify(token, services) } : undefined;
    },
  };
}

function actorOf(claims: JwtClaims): Actor {
  const { sub, roles, scope } = claims;
  if (typeof sub !== "string" || sub === "") throw refused("The token names nobody: it has no sub");
  const named: readonly unknown[] = Array.isArray(roles) ? roles : typeof scope === "string" ? scope.split(" ") : [];
  return { id: sub, roles: named.filter((role): role is string => typeof role === "string" && role !== ""), claims: { ...claims } };
}

type Verify = (token: string, now: Date) => Promise<JWTVerifyResult>;

function verifier(options: JwtOptions): Verify {
  const { secret, publicKey, jwks, issuer, audience, clockToleranceSeconds = 0, requireExpiry = true } = options;
  if ([secret, publicKey, jwks].filter((each) => each !== undefined).length !== 1)
    throw bad("give one of secret, publicKey and jwks", "secret");
  // A key of somebody else signs for others too, and a token for them is none for us.
  for (const [field, value] of Object.entries({ issuer, audience }))
    if (secret === undefined && value === undefined)
      throw bad(`with publicKey or jwks, ${field} says whose tokens are taken. Give it, or false for any`, field);
  const key = keyOf(options);
  const checked = {
    algorithms: [...algorithmsOf(options, key.algorithms)],
    ...(issuer ? { issuer: listOf(issuer) } : {}),
    ...(audience ? { audience: listOf(audience) } : {}),
    clockTolerance: clockToleranceSeconds,
    requiredClaims: requireExpiry ? ["exp"] : [],
  };
  return (token, currentDate) => key.verify(token, { ...checked, currentDate }).catch((thrown: unknown) => refuse(thrown, key.isRemote));
}

const listOf = (given: Names): string[] => (typeof given === "string" ? [given] : [...given]);

/** Not the token's fault: its keys cannot be read. */
const isOutage = (thrown: unknown): boolean =>
  !(thrown instanceof errors.JOSEError) ||
  thrown instanceof errors.JWKSTimeout ||
  thrown instanceof errors.JWKSInvalid ||
  thrown.code === "ERR_JOSE_GENERIC";

function refuse(thrown: unknown, isRemote: boolean): never {
  if (isRemote && isOutage(thrown)) throw new SpecStarError("UNAVAILABLE", "The keys of tokens cannot be read now", {}, thrown);
  if (thrown instanceof errors.JWTExpired) throw refused("The token has expired", thrown);
  if (thrown instanceof errors.JOSEError) throw refused(`The token is not accepted: ${thrown.message}`, thrown);
  throw thrown;
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>;

interface Key {
  /** All that fit it. */
  readonly algorithms: readonly string[];
  readonly isRemote: boolean;
  verify(token: string, options: VerifyOptions): Promise<JWTVerifyResult>;
}

const rsa = ["RS256", "RS384", "RS512"];
const pss = ["PS256", "PS384", "PS512"];
const curves: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };
const asymmetric = [...rsa, ...pss, ...Object.values(curves), "EdDSA", "Ed25519"];

function keyOf({ secret, publicKey, jwks }: JwtOptions): Key {
  if (secret !== undefined) {
    const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
    // https://www.rfc-editor.org/rfc/rfc7518#section-3.2
    const algorithms = [256, 384, 512].filter((bits) => bytes.length * 8 >= bits).map((bits) => `HS${bits}`);
    if (algorithms.length === 0) throw bad(`secret takes at least 32 bytes, not ${bytes.length}`, "secret");
    return { algorithms, isRemote: false, verify: (token, options) => jwtVerify(token, bytes, options) };
  }
  if (publicKey !== undefined) {
    const key = publicKeyOf(publicKey);
    return { algorithms: fitting(key), isRemote: false, verify: (token, options) => jwtVerify(token, key, options) };
  }
  const keys = typeof jwks === "string" ? createRemoteJWKSet(urlOf(jwks)) : createLocalJWKSet({ keys: [...(jwks?.keys ?? [])] });
  return { algorithms: asymmetric, isRemote: typeof jwks === "string", verify: (token, options) => jwtVerify(token, keys, options) };
}

function publicKeyOf(pem: string): KeyObject {
  if (pem.includes("PRIVATE KEY")) throw bad("publicKey is a private key. Whoever checks tokens needs the public one only", "publicKey");
  try {
    return createPublicKey(pem);
  } catch (thrown) {
    throw new SpecStarError("BAD_REQUEST", "jwt: publicKey takes a public key as PEM", { field: "publicKey" }, thrown);
  }
}

function fitting({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  if (asymmetricKeyType === "rsa") return [...rsa, ...pss];
  if (asymmetricKeyType === "rsa-pss") return pss;
  if (asymmetricKeyType === "ed25519") return ["EdDSA", "Ed25519"];
  const curve = curves[asymmetricKeyDetails?.namedCurve ?? ""];
  if (curve === undefined) throw bad("publicKey takes a key of RSA, P-256, P-384, P-521 or Ed25519", "publicKey");
  return [curve];
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (isLocal && url.protocol === "http:")) return url;
  throw bad("jwks takes an https URL: who can change the keys on their way can sign tokens", "jwks");
}

function algorithmsOf({ algorithms, secret }: JwtOptions, fit: readonly string[]): readonly string[] {
  const wrong = algorithms?.find((each) => !fit.includes(each));
  if (wrong !== undefined || algorithms?.length === 0)
    throw bad(`algorithms takes some of ${fit.join(", ")}, which fit the key${wrong === undefined ? "" : `, not ${wrong}`}`, "algorithms");
  return algorithms ?? (secret === undefined ? fit : ["HS256"]);
}
