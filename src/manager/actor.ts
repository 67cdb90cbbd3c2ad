import type { Actor } from "../spec/actor.ts";

export type { Actor } from "../spec/actor.ts";

export const anonymous: Actor = Object.freeze({ id: "anonymous", roles: [], claims: {} });

const programs = new WeakSet<Actor>();

/** The program itself, under this name in what it writes. No rule is asked about it, and nobody else can be it. */
function programActor(id: string): Actor {
  const actor: Actor = Object.freeze({ id, roles: [], claims: {} });
  programs.add(actor);
  return actor;
}

/** A plugin, under its name in what it writes. */
export const pluginActor = (plugin: string): Actor => programActor(`plugin:${plugin}`);

export const isProgram = (actor: Actor): boolean => programs.has(actor);
