import { fail, SpecStarError } from "../errors.ts";
import type { Actor } from "../manager/actor.ts";
import type { Authorize } from "../manager/authorize.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import { aFlag, checkOptions } from "../spec/check-options.ts";
import type { ResourceSpec } from "../spec/resource.ts";

/** What a request, or the first message on a WebSocket, brings along to say who asks. */
export interface Credentials {
  /** Of a header; undefined where it is absent or empty. What stood there twice comes with a comma between. */
  header(name: string): string | undefined;
  /** Address of the other side of the socket; undefined where nobody knows: `platform.fetch`, and what a message says. */
  readonly peer: string | undefined;
}

/** Who somebody was found to be, and for how long. */
export interface Identity {
  readonly actor: Actor;
  /** Milliseconds since the epoch. Streams end then. */
  readonly expiresAt?: number | undefined;
  /** Whether it still counts. Asked every two seconds while a stream is open; false ends the stream, and so does a failure. */
  readonly stillCounts?: (() => Promise<boolean>) | undefined;
  /** Streams that have it in common share that question. */
  readonly credential?: string | undefined;
}

/** What a scheme may use of the platform. */
export interface SchemeServices {
  /** Milliseconds since the epoch. */
  now(): number;
  /** The operations on the resources of a spec, on behalf of `anonymous` until `.as(actor)`. */
  resource<Spec extends ResourceSpec>(spec: Spec): ResourceManager<Spec>;
}

/** A credential that a scheme takes for its own. */
export interface Claim {
  /** The header that it stands in, in lower case. */
  readonly source: string;
  /** @throws UNAUTHENTICATED where it does not count, UNAVAILABLE where that cannot be told. Anything else refuses it, too. */
  identify(services: SchemeServices): Identity | Promise<Identity>;
}

/** A way to prove who one is. */
export interface Scheme {
  /** Among the schemes of a platform, and in its OpenAPI document. */
  readonly name: string;
  /** The credential to judge, without judging it yet; undefined where there is none of this kind. */
  claim(credentials: Credentials): Claim | undefined;
  /** https://spec.openapis.org/oas/v3.1.1#security-scheme-object; absent where it is no business of clients. */
  readonly securityScheme?: Readonly<Record<string, unknown>>;
  /** A resource of its own, which must be among those of the platform. `authorize` decides on it, and not that of the platform. */
  readonly owns?: { readonly spec: ResourceSpec; readonly authorize: Authorize };
}

export interface AuthenticateOptions {
  /** Refuses who has no credentials, on every door; health is open. Unless told, they are `anonymous`. */
  readonly required?: boolean;
}

/** How a platform knows who asks: what its option `actor` takes. */
export interface Authenticator {
  readonly schemes: readonly Scheme[];
  readonly required: boolean;
}

const isScheme = (value: unknown): value is Scheme =>
  typeof value === "object" && value !== null && "claim" in value && "name" in value && typeof value.name === "string";

/**
 * Schemes, of which each judges its own credentials. What none of them takes, and what one refuses, is UNAUTHENTICATED: never
 * anonymous, and never the next scheme's.
 * @throws BAD_REQUEST for what is no scheme, and for two of one name
 */
export function authenticate(schemes: readonly Scheme[], options: AuthenticateOptions = {}): Authenticator {
  checkOptions("authenticate", options, { required: aFlag });
  if (!Array.isArray(schemes) || schemes.length === 0 || !schemes.every(isScheme))
    throw fail("BAD_REQUEST", "authenticate takes a list of schemes: [jwt({ … }), apiKeys()]");
  const names = new Set<string>();
  for (const { name } of schemes) {
    if (names.has(name)) throw fail("BAD_REQUEST", `authenticate: two schemes are named ${name}, and only the first would be asked`);
    names.add(name);
  }
  return { schemes: [...schemes], required: options.required ?? false };
}

/** Undefined where there are no credentials. */
export function identityOf({ schemes }: Authenticator, credentials: Credentials, services: SchemeServices): Promise<Identity> | undefined {
  const claims = schemes.flatMap((scheme) => scheme.claim(credentials) ?? []);
  const sources = new Set(claims.map(({ source }) => source));
  // What stands there is a credential, whoever may understand it.
  if (credentials.header("authorization") !== undefined) sources.add("authorization");
  const [claim] = claims;
  if (sources.size > 1) throw refused(`Send one credential, and not several: ${[...sources].join(", ")}`);
  if (claim) return judged(claim, services);
  if (sources.size > 0) throw refused("Authorization holds nothing that is understood here");
  return undefined;
}

async function judged(claim: Claim, services: SchemeServices): Promise<Identity> {
  try {
    const identity = await claim.identify(services);
    if (!isActor(identity.actor)) throw refused("The credentials name nobody");
    if (identity.expiresAt !== undefined && !(identity.expiresAt > services.now())) throw refused("The credentials have expired");
    return identity;
  } catch (thrown) {
    if (thrown instanceof SpecStarError && thrown.code === "UNAUTHENTICATED" && thrown.details.reason === undefined)
      throw refused(thrown.message, thrown);
    throw thrown;
  }
}

const isActor = ({ id, roles, claims }: Actor): boolean =>
  typeof id === "string" && id !== "" && Array.isArray(roles) && typeof claims === "object" && claims !== null;

const refused = (message: string, cause?: unknown) => fail("UNAUTHENTICATED", message, { reason: "invalid_credentials" }, cause);
