import { fail, SpecStarError } from "../errors.ts";
import type { Method, Template } from "./route-template.ts";

/**
 * Whether a member of `rest.templates` is one. Of two with one name only the first would ever answer, so that a template which was
 * meant to replace another would silently not: it has to stand in the other's place.
 *
 * @param names of the templates before it; its own is added
 * @throws BAD_REQUEST
 */
export function checkTemplate(template: Template, names: Set<string>): void {
  const given: unknown = template;
  const { name, apply, applyRoot } = Object(given);
  if (typeof name !== "string" || name === "")
    throw fail("BAD_REQUEST", "createPlatform: rest.templates takes objects with a name", { field: "rest.templates" });
  if (typeof apply !== "function" && typeof applyRoot !== "function")
    throw refused(name, "has neither apply(spec, routes) nor applyRoot(routes)");
  if (names.has(name)) throw refused(name, "is there twice. To replace one, put yours in its place: templates.map(…)");
  names.add(name);
}

const methods: readonly unknown[] = ["GET", "POST", "PUT", "PATCH", "DELETE"] satisfies Method[];

/** @throws BAD_REQUEST for what could never be asked for or answered */
export function checkRoute(method: unknown, path: unknown, handler: unknown): void {
  const refuse = (why: string) => fail("BAD_REQUEST", `routes.add ${why}`);
  if (!methods.includes(method)) throw refuse(`takes ${methods.join(", ")}, not ${String(method).slice(0, 20)}`);
  if (typeof path !== "string" || !(path === "" || path.startsWith("/")))
    throw refuse("takes a path that begins with a slash: /:id/version");
  if (typeof handler !== "function")
    throw refuse(`takes a handler for ${String(method)} ${path}: async (call) => ({ status, headers, body })`);
}

/** What ends the start when a template fails to apply: nothing is left out in silence. */
export function notApplied(name: string, thrown: unknown): SpecStarError {
  if (thrown instanceof SpecStarError) return refused(name, `does not apply: ${thrown.message}`, thrown);
  return refused(name, `does not apply: ${thrown instanceof Error ? thrown.message : String(thrown)}`, thrown);
}

const refused = (name: string, why: string, cause?: unknown): SpecStarError =>
  fail(
    "BAD_REQUEST",
    `createPlatform: the route template ${JSON.stringify(name.slice(0, 100))} ${why}`,
    { field: "rest.templates" },
    cause,
  );
