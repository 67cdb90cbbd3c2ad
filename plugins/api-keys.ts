import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import {
  type Actor,
  type Authorize,
  defineResource,
  type Identity,
  type ResourceManager,
  type Scheme,
  type SchemeServices,
  SpecStarError,
} from "../src/index.ts";
import { aFunction, checkOptions, type OptionCheck } from "../src/spec/check-options.ts";

/**
 * A key, without what proves it: that is 256 random bits, told once, of which only the hash is kept. Whoever reads it can
 * neither use the key nor guess it.
 */
export const ApiKey = defineResource("apiKey", {
  description: "A key for programs, by which they are an actor",
  schema: z.object({
    name: z.string().min(1).max(200).meta({ description: "What it is for" }),
    owner: z.string().min(1).max(256).meta({ description: "Id of the actor that it stands for" }),
    roles: z.array(z.string().min(1).max(256)).max(100).default([]).meta({ description: "Roles of that actor" }),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ description: "SHA-256 of its secret part" }),
    expiresAt: z.iso.datetime().nullable().default(null).meta({ description: "When it ends; null for never" }),
    revoked: z.boolean().default(false).meta({ description: "It counts no more" }),
  }),
  index: ["owner", "revoked"],
});

export interface ApiKeysOptions {
  /** What keys begin with, so that they are found where they do not belong: `sk` unless told otherwise. */
  readonly prefix?: string;
  /** Who may do what to keys by the doors; the platform's own `authorize` is not asked. Nobody, unless told. */
  readonly authorize?: Authorize;
}

export interface NewApiKey {
  readonly name: string;
  /** Id of the actor that it stands for. */
  readonly owner: string;
  readonly roles?: readonly string[];
  readonly expiresAt?: Date;
  /** Id of who makes it, for its history. */
  readonly by?: string;
}

/** The platform that keeps the keys. */
export interface KeyPlatform {
  resource(spec: typeof ApiKey): ResourceManager<typeof ApiKey>;
}

export interface ApiKeys extends Scheme {
  /** To be among the `resources` of the platform. */
  readonly resource: typeof ApiKey;
  /** A new key. `key` is told here and never again. */
  issue(platform: KeyPlatform, key: NewApiKey): Promise<{ readonly id: string; readonly key: string }>;
  /** From the next request on it counts no more, and its streams end within 5 s. */
  revoke(platform: KeyPlatform, id: string, by?: string): Promise<void>;
}

const checks: Record<keyof ApiKeysOptions, OptionCheck> = {
  prefix: { takes: "letters and digits: sk", allows: (value) => typeof value === "string" && /^[A-Za-z][A-Za-z0-9]{0,19}$/.test(value) },
  authorize: aFunction,
};

const nobody: Authorize = async () => false;

/** API keys in `X-Api-Key` or `Authorization: Bearer`, kept as a resource: `authenticate([keys])` with `resources: [keys.resource]`. */
export function apiKeys(options: ApiKeysOptions = {}): ApiKeys {
  checkOptions("apiKeys", options, checks);
  const { prefix = "sk", authorize = nobody } = options;
  const form = new RegExp(`^${prefix}_([0-9a-z]{26})_([A-Za-z0-9_-]{43})$`);
  const { keeper, isKeeper } = keepers();
  const identify = (text: string, { resource, now }: SchemeServices): Promise<Identity> => {
    const [, part, secret] = form.exec(text) ?? [];
    if (part === undefined || secret === undefined) throw notCounting();
    return identityOf(resource(ApiKey).as(keeper("api-keys")), { id: `${idPrefix}${part}`, secret, now });
  };
  return {
    name: "apiKey",
    resource: ApiKey,
    owns: { spec: ApiKey, authorize: async (request) => isKeeper(request.actor) || authorize(request) },
    securityScheme: { type: "apiKey", in: "header", name: "X-Api-Key" },
    claim({ header }) {
      const own = header("x-api-key");
      if (own !== undefined) return { source: "x-api-key", identify: (services) => identify(own, services) };
      const [, token] = /^Bearer +([^ ].*)$/i.exec(header("authorization") ?? "") ?? [];
      if (!token?.startsWith(`${prefix}_`) || token.includes(".")) return undefined;
      return { source: "authorization", identify: (services) => identify(token, services) };
    },
    async issue(platform, { name, owner, roles = [], expiresAt, by = "api-keys" }) {
      const secret = randomBytes(32).toString("base64url");
      const ends = expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() };
      const data = { name, owner, roles: [...roles], hash: hashOf(secret).toString("hex"), ...ends };
      const { id } = await platform.resource(ApiKey).as(keeper(by)).create(data);
      return { id, key: `${prefix}_${id.slice(idPrefix.length)}_${secret}` };
    },
    async revoke(platform, id, by = "api-keys") {
      await platform
        .resource(ApiKey)
        .as(keeper(by))
        .patch(id, { merge: { revoked: true } });
    },
  };
}

const idPrefix = `${ApiKey.names.prefix}_`;
const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();
/** The same whatever it is: which keys there are is nobody's business. */
const notCounting = () => new SpecStarError("UNAUTHENTICATED", "The API key is unknown, revoked or has expired");

interface Presented {
  readonly id: string;
  readonly secret: string;
  readonly now: () => number;
}

async function identityOf(keys: ResourceManager<typeof ApiKey>, { id, secret, now }: Presented): Promise<Identity> {
  const known = await read(keys, id);
  if (!known) throw notCounting();
  const { version, data } = known;
  const isRight = timingSafeEqual(hashOf(secret), Buffer.from(data.hash, "hex"));
  const expiresAt = data.expiresAt === null ? undefined : Date.parse(data.expiresAt);
  if (!isRight || data.revoked || (expiresAt !== undefined && expiresAt <= now())) throw notCounting();
  return {
    actor: { id: data.owner, roles: data.roles, claims: { apiKey: id } },
    expiresAt,
    // Whatever was changed of it, a stream goes on with the old roles at most until then.
    stillCounts: async () => (await read(keys, id))?.version === version,
    credential: `${id} ${version}`,
  };
}

async function read(keys: ResourceManager<typeof ApiKey>, id: string) {
  try {
    return await keys.get(id);
  } catch (thrown) {
    if (thrown instanceof SpecStarError && (thrown.code === "NOT_FOUND" || thrown.code === "GONE")) return undefined;
    throw thrown;
  }
}

/** Actors that this program made for its own keys. What others name themselves makes them none of these. */
function keepers() {
  const made = new WeakSet<Actor>();
  const keeper = (id: string): Actor => {
    const actor: Actor = Object.freeze({ id, roles: [], claims: {} });
    made.add(actor);
    return actor;
  };
  return { keeper, isKeeper: (actor: Actor): boolean => made.has(actor) };
}
