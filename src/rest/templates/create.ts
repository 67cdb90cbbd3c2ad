import { readData } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles`: 201 with `Location` and `ETag`. */
export const createRoute: RouteTemplate = {
  name: "create",
  apply: (_spec, routes) =>
    routes.add("POST", "", async ({ request, manager, path, query }) => {
      const options = {
        key: query.text("key"),
        status: query.status(),
        idempotencyKey: request.headers.get("idempotency-key") ?? undefined,
      };
      query.end();
      const created = await manager.create(await readData(request), options);
      const replayed: Record<string, string> = created.replayed ? { "idempotency-replayed": "true" } : {};
      return writtenReply(created, 201, { location: `${path}/${created.id}`, ...replayed });
    }),
};
