import { SpecStarError } from "../../errors.ts";
import type { Filter } from "../../spec/query.ts";
import { refsIn } from "../../spec/refs-in.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Guard, Stored } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import type { Planned } from "../unit/planned.ts";
import type { UnitView } from "../unit/unit-view.ts";
import { idsIn } from "./kept-refs.ts";
import { noSuchTarget } from "./reference-violation.ts";

/** A ref that the resource did not hold before, or not as a live one. */
interface Link {
  readonly target: string;
  readonly id: string;
}

/**
 * That what the resource now leads to is there when it commits. What it has led to all along is looked after by those who delete
 * it. Who writes data must be able to read what it leads to, or there is nothing: as with blobs, nobody learns by a ref what
 * exists. A switch or a restore takes back what was written then, and asks for existence alone.
 * @throws REFERENCE_VIOLATION
 */
export async function linkGuards(scope: Scope, view: UnitView, planned: Planned): Promise<readonly Guard[]> {
  const { spec, core } = scope;
  const links = newLinks(scope, planned);
  const pinned = core.keptRefs(spec.name).pins ? await newPins(scope, view, planned) : [];
  const all = [...links, ...pinned];
  if (all.length === 0) return [];
  if (planned.change?.revision) {
    for (const [target, some] of Map.groupBy(all, (link) => link.target)) await checkReadable(scope, view, planned.after, target, some);
  }
  return all.map(({ target, id }) => ({ kind: "exists", type: target, id }));
}

function newLinks({ spec, core }: Scope, { before, after }: Planned): readonly Link[] {
  const held = before?.meta.state === "live" ? before.meta.columns : undefined;
  return core.keptRefs(spec.name).own.flatMap((column) => {
    const known = new Set(idsIn(held, column));
    const ids = new Set(idsIn(after.meta.columns, column));
    return [...ids].flatMap((id) => (known.has(id) ? [] : [{ target: column.ref.target, id }]));
  });
}

/** What is pinned stays pinned, whatever becomes of the resource: it is looked at once, when it is written. */
async function newPins({ spec }: Scope, view: UnitView, { before, change, after }: Planned): Promise<readonly Link[]> {
  if (!change?.revision) return [];
  const pinsOf = ({ meta, revision }: typeof after) =>
    refsIn(spec.fields, new RevisionView(spec, revision, meta.current).data).filter(({ field }) => field.pin);
  const known = new Set(before ? pinsOf(before).map(({ id }) => id) : []);
  const links: Link[] = [];
  for (const { id: revisionId, field } of pinsOf(after)) {
    if (known.has(revisionId)) continue;
    const at = revisionId.lastIndexOf(":");
    const id = revisionId.slice(0, at);
    const found = await view.find(field.target, id);
    if (found && found.meta.revisionCount < Number(revisionId.slice(at + 1))) throw noSuchTarget(spec, after, field.target, revisionId);
    links.push({ target: field.target, id });
  }
  return links;
}

async function checkReadable(
  { core, spec, actor }: Scope,
  view: UnitView,
  after: Stored,
  target: string,
  links: readonly Link[],
): Promise<void> {
  const to = core.specs.get(target);
  const [first] = links;
  if (!to || !first) return;
  const filter = await readable(core.authorize, { actor, operation: "get", spec: to });
  if (filter === true) return;
  if (filter === false) throw noSuchTarget(spec, after, target, first.id);
  await view.loadUnknown(target, [...new Set(links.map(({ id }) => id))]);
  for (const { id } of links) {
    const found = await view.find(target, id);
    if (!found || !matches(filter, found.meta)) throw noSuchTarget(spec, after, target, id);
  }
}

/** All, none, or those that a filter matches. */
async function readable(ask: Parameters<typeof authorize>[0], request: { actor: Scope["actor"]; operation: "get"; spec: ResourceSpec }) {
  try {
    const filter: Filter | undefined = await authorize(ask, request);
    return filter ?? true;
  } catch (thrown) {
    if (thrown instanceof SpecStarError && thrown.code === "FORBIDDEN") return false;
    throw thrown;
  }
}
