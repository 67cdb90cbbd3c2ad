import {
  type Actor,
  anonymous,
  type Context,
  createPlatform,
  type IStorage,
  type Platform,
  type Plugin,
  type ResourceManager,
  type ResourceSpec,
} from "../../../src/index.ts";
import { specs } from "./specs.ts";
import { plain } from "./step.ts";

export type OpenStorage = (context: Context) => IStorage | Promise<IStorage>;

/** Time stands still while an operation runs, so that every door asks at the same instant, however often it asks. */
class Clock implements Context {
  #ms = Date.parse("2026-01-31T12:00:00.000Z");
  #count = 0;

  tick(): string {
    this.#ms += 1000;
    this.#count = 0;
    return new Date(this.#ms).toISOString();
  }
  now(): number {
    return this.#ms;
  }
  uuid(): string {
    const time = this.#ms.toString(16).padStart(12, "0");
    this.#count += 1;
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${this.#count.toString(16).padStart(12, "0")}`;
  }
  randomBytes(count: number): Uint8Array {
    return new Uint8Array(count).fill(7);
  }
  random(): number {
    return 0.5;
  }
}

type AnyPlatform = Omit<Platform, "resource"> & { readonly resource: (spec: ResourceSpec) => ResourceManager };

/** One of several platforms that are the same in all but the door that is gone through. */
export class Twin {
  readonly platform: AnyPlatform;
  readonly actor: Actor = anonymous;
  readonly #clock: Clock;
  readonly #events: unknown[];
  readonly #managers: ReadonlyMap<string, ResourceManager>;

  private constructor(platform: AnyPlatform, clock: Clock, events: unknown[]) {
    this.platform = platform;
    this.#clock = clock;
    this.#events = events;
    this.#managers = new Map<string, ResourceManager>(specs.map((spec) => [spec.name, platform.resource(spec)]));
  }

  static async open(openStorage: OpenStorage): Promise<Twin> {
    const clock = new Clock();
    const events: unknown[] = [];
    const platform = createPlatform({
      resources: specs,
      // Stores have a context of their own: they may ask for ids of theirs at any time.
      storage: await openStorage(new Clock()),
      plugins: [listening(events)],
      context: clock,
      log: false,
      graphql: { limits: { tokens: 100_000, depth: 100, aliases: 10_000, repeats: 10_000, rootFields: 1_000, cost: 1_000_000 } },
    });
    await platform.ready();
    return new Twin(platform as unknown as AnyPlatform, clock, events);
  }

  tick(): string {
    return this.#clock.tick();
  }

  manager(type: string): ResourceManager {
    return found(this.#managers.get(type), type);
  }

  spec(type: string): ResourceSpec {
    return this.manager(type).spec;
  }

  /** What there is now of a resource, also of one that is deleted. */
  async stateOf(type: string, id: string): Promise<unknown> {
    const [resource] = await this.manager(type).getMany([id], { includeDeleted: true });
    return resource && plain(resource);
  }

  /** What plugins have heard since the last time. */
  heard(): readonly unknown[] {
    return this.#events.splice(0);
  }
}

function found<T>(value: T | undefined, type: string): T {
  if (value !== undefined) return value;
  throw new TypeError(`${type} is not among the specs`);
}

const listening = (events: unknown[]): Plugin => ({
  name: "listening",
  on: {
    "*.*.before": ({ type, operation, id, data, previous, ...more }) =>
      void events.push(
        plain({ phase: "before", type, operation, id, data, previous: previous?.version, input: "input" in more ? more.input : undefined }),
      ),
    "*.*.after": ({ type, operation, id, result, previous }) =>
      void events.push(
        plain({
          ...{ phase: "after", type, operation, id, changed: result?.changed, previous: previous?.version },
          ...{ version: result?.version, current: result?.revision.number },
        }),
      ),
    "*.*.failure": ({ type, operation, id, error }) => void events.push(plain({ phase: "failure", type, operation, id, code: error.code })),
  },
});
