import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type QueryParams, unknownParameter } from "../query-params.ts";
import { readData } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { typed } from "../short-forms.ts";

/** `PUT /articles?slug=a`: replaces the one with this value of a unique field, or creates it: 201. */
export const upsertRoute: RouteTemplate = {
  name: "upsert",
  apply: (spec, routes) => {
    if (spec.key === false && spec.uniques.length === 0) return;
    routes.add("PUT", "", async ({ request, manager, path, query }) => {
      const by = uniqueKey(spec, query);
      if (request.headers.get("if-match") !== null)
        throw fail("BAD_REQUEST", `If-Match is for one resource: ${path}/{id}`, { field: "If-Match" });
      const idempotencyKey = request.headers.get("idempotency-key") ?? undefined;
      const written = await manager.upsert(by, await readData(request), { idempotencyKey });
      const replayed: Record<string, string> = written.replayed ? { "idempotency-replayed": "true" } : {};
      return written.created
        ? writtenReply(written, 201, { location: `${path}/${written.id}`, ...replayed })
        : writtenReply(written, 200, replayed);
    });
  },
};

/** The one parameter says which field is meant, and its value. */
function uniqueKey(spec: ResourceSpec, query: QueryParams) {
  const [given, ...others] = query.rest();
  const [name = "", values = []] = given ?? [];
  const column = spec.uniques.find(({ path }) => path.join(".") === name);
  if (given && !column && !(name === "id" && spec.key !== false)) throw unknownParameter(name);
  const [value, ...more] = values;
  if (value === undefined || more.length > 0 || others.length > 0) {
    const names = [...(spec.key === false ? [] : ["id"]), ...spec.uniques.map(({ path }) => path.join("."))];
    throw fail("BAD_REQUEST", `Say which one is meant by one parameter: ${names.map((each) => `?${each}=`).join(" or ")}`);
  }
  if (!column) return { id: value };
  return column.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), typed(column.type, value));
}
