import canonicalize from "canonicalize";
import { type ErrorCode, fail, SpecStarError } from "../errors.ts";
import { type Actor, anonymous } from "../manager/actor.ts";
import type { Authorize } from "../manager/authorize.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { OpenApiOptions } from "../rest/openapi/document.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { type Authenticator, type Credentials, type Identity, identityOf, type SchemeServices } from "./authenticate.ts";
import { LapseWatch, type OnLapse } from "./lapse-watch.ts";
import type { Log } from "./request-context.ts";

/** How a platform knows who asks: a function, or what `authenticate` made of schemes. */
export type ActorOption = ((request: Request) => Actor | Promise<Actor>) | Authenticator;

/** Who asks, and until when. */
export interface Asker {
  readonly actor: Actor;
  /** Undefined where the credentials count for ever. */
  readonly onLapse?: OnLapse | undefined;
}

interface PlatformParts {
  readonly now: () => number;
  /** @throws BAD_REQUEST where there is no such spec */
  readonly managerOf: (name: string) => ResourceManager;
}

/** Finds out who asks, on every door. What throws here refuses the request. */
export class Identification {
  readonly #actor: ActorOption;
  readonly #services: SchemeServices;
  readonly #log: Log;
  readonly #watch: LapseWatch;

  constructor(actor: ActorOption, { now, managerOf }: PlatformParts, log: Log) {
    this.#actor = actor;
    // The manager of that name was made from that spec.
    const resource = <Spec extends ResourceSpec>({ name }: Spec) => managerOf(name) as unknown as ResourceManager<Spec>;
    this.#services = { now, resource };
    this.#log = log;
    this.#watch = new LapseWatch(now);
  }

  /**
   * Who sent a request.
   * @param peer address of the socket's other side, where that is known
   */
  of(request: Request, peer: string | undefined): Asker | Promise<Asker> {
    return this.#guarded(() => {
      if (typeof this.#actor === "function") return askerOf(this.#actor(request));
      return this.#asker(this.#actor, credentialsOf(request, peer)) ?? nobody(this.#actor);
    });
  }

  /** Who opens a WebSocket. Its first message may still say it, so that nobody is anonymous until then. */
  async ofUpgrade(request: Request, peer: string | undefined): Promise<Asker> {
    return this.#guarded(() => {
      if (typeof this.#actor === "function") return askerOf(this.#actor(request));
      return this.#asker(this.#actor, credentialsOf(request, peer)) ?? { actor: anonymous };
    });
  }

  /**
   * Who is on a WebSocket by the payload of its first message, which adds to the headers of its upgrade and never contradicts
   * them. An `actor` function sees headers only.
   */
  async ofInit(payload: unknown, upgrade: Asker): Promise<Asker> {
    const option = this.#actor;
    if (typeof option === "function") return upgrade;
    return this.#guarded(async () => {
      const asker = await this.#asker(option, credentialsOfInit(payload));
      if (upgrade.actor === anonymous) return asker ?? nobody(option);
      if (asker && canonicalize(asker.actor) !== canonicalize(upgrade.actor))
        throw fail("FORBIDDEN", "connection_init names somebody else than the request that opened the socket");
      // Of two that agree, the one that was given last says for how long.
      return asker ?? upgrade;
    });
  }

  #asker(option: Authenticator, credentials: Credentials): Promise<Asker> | undefined {
    return identityOf(option, credentials, this.#services)?.then((identity: Identity) => ({
      actor: identity.actor,
      onLapse: this.#watch.of(identity),
    }));
  }

  #guarded<T>(find: () => T | Promise<T>): T | Promise<T> {
    try {
      const found = find();
      return found instanceof Promise ? found.catch((thrown: unknown) => this.#refuse(thrown)) : found;
    } catch (thrown) {
      return this.#refuse(thrown);
    }
  }

  #refuse(thrown: unknown): never {
    if (thrown instanceof SpecStarError && speakable.has(thrown.code)) throw thrown;
    this.#log.warn({ err: thrown }, "credentials were not accepted");
    // Whether there were any, only the function knows.
    const details = typeof this.#actor === "function" ? {} : { reason: "invalid_credentials" };
    throw fail("UNAUTHENTICATED", "The credentials were not accepted", details);
  }
}

const schemesOf = (option: ActorOption | undefined) => (typeof option === "object" ? option.schemes : []);

/** Who decides on the resources that schemes brought along, by the names of their specs. */
export const ownersOf = (option: ActorOption | undefined): ReadonlyMap<string, Authorize> =>
  new Map(schemesOf(option).flatMap(({ owns }) => (owns ? [[owns.spec.name, owns.authorize]] : [])));

interface Documented {
  readonly actor?: ActorOption | undefined;
  readonly openapi?: OpenApiOptions | undefined;
}

/** What the OpenAPI document says, and, unless that is told, what schemes say of themselves in it. */
export function withSecurity({ actor: option, openapi = {} }: Documented): OpenApiOptions {
  const shown = schemesOf(option).filter(({ securityScheme }) => securityScheme !== undefined);
  if (shown.length === 0) return openapi;
  // An empty one stands for no credentials at all.
  const open = typeof option === "object" && option.required && shown.length === option.schemes.length ? [] : [{}];
  return {
    securitySchemes: Object.fromEntries(shown.map(({ name, securityScheme = {} }) => [name, securityScheme])),
    security: [...shown.map(({ name }) => ({ [name]: [] })), ...open],
    ...openapi,
  };
}

/** What may be said to who asks; anything else that is thrown is a refusal. */
const speakable: ReadonlySet<ErrorCode> = new Set(["UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED", "UNAVAILABLE", "TIMEOUT"]);

const askerOf = (actor: Actor | Promise<Actor>): Asker | Promise<Asker> =>
  actor instanceof Promise ? actor.then((found) => ({ actor: found })) : { actor };

function nobody({ required }: Authenticator): Asker {
  if (required) throw fail("UNAUTHENTICATED", "Credentials are needed here", { reason: "no_credentials" });
  return { actor: anonymous };
}

const credentialsOf = ({ headers }: Request, peer: string | undefined): Credentials => ({
  peer,
  header: (name) => headers.get(name) || undefined,
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/**
 * `{ authorization: "Bearer …" }` or `{ headers: { … } }`, in any case: what clients name their connection parameters. What a
 * message says of addresses counts for nothing.
 */
function credentialsOfInit(payload: unknown): Credentials {
  const found = new Map<string, Set<unknown>>();
  const own = isRecord(payload) ? payload : {};
  for (const [name, value] of [...Object.entries(own), ...Object.entries(isRecord(own.headers) ? own.headers : {})]) {
    // Clients without a token say it like this.
    if (value === undefined || value === null || value === "") continue;
    const key = name.toLowerCase();
    found.set(key, (found.get(key) ?? new Set()).add(value));
  }
  const header = (name: string): string | undefined => {
    const values = found.get(name.toLowerCase());
    if (!values) return undefined;
    const [value] = values;
    if (values.size === 1 && typeof value === "string") return value;
    throw fail("UNAUTHENTICATED", `connection_init has no single text as ${name}`, { reason: "invalid_credentials" });
  };
  return { header, peer: undefined };
}
