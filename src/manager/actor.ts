import type { Actor } from "../spec/actor.ts";

export type { Actor } from "../spec/actor.ts";

export const anonymous: Actor = Object.freeze({ id: "anonymous", roles: [], claims: {} });
