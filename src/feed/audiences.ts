import canonicalize from "canonicalize";
import type { Actor } from "../manager/actor.ts";
import type { Audience } from "./audience.ts";

/** Finds the audience that a subscriber belongs to, for as long as it has one. */
export class Audiences {
  readonly #audiences = new Map<string, { readonly audience: Audience; members: number }>();
  /** Actors that are like no other. */
  readonly #unlike = new WeakMap<Actor, string>();
  #count = 0;

  /** @param asked all that decides what is heard, besides the actor */
  join(actor: Actor, asked: readonly string[], make: () => Audience): { readonly audience: Audience; readonly leave: () => void } {
    const key = JSON.stringify([this.#nameOf(actor), ...asked]);
    const known = this.#audiences.get(key) ?? { audience: make(), members: 0 };
    this.#audiences.set(key, known);
    known.members += 1;
    const leave = () => {
      known.members -= 1;
      if (known.members === 0) this.#audiences.delete(key);
    };
    return { audience: known.audience, leave };
  }

  /** Two actors that say the same are the same actor. One that is more than it says, such as a class instance, is only itself. */
  #nameOf(actor: Actor): string {
    if (isPlain(actor)) return canonicalize(actor) ?? "";
    const name = this.#unlike.get(actor) ?? `actor ${++this.#count}`;
    this.#unlike.set(actor, name);
    return name;
  }
}

const deepest = 16;

/** Its JSON says all of it. */
function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > deepest) return false;
  const list = Array.isArray(value);
  if (Object.getPrototypeOf(value) !== (list ? Array.prototype : Object.prototype)) return false;
  const keys = Reflect.ownKeys(value).length - (list ? 1 : 0);
  const members = Object.values(value);
  return keys === members.length && (!list || keys === value.length) && members.every((each) => isPlain(each, depth + 1));
}
