import type { RouteTemplate } from "specstar/rest";

/** `DELETE /notes/{id}` that answers the resource as it was deleted, in place of 204: it has the name of the one that it replaces. */
export const answeringDelete: RouteTemplate = {
  name: "delete",
  apply: (spec, routes) =>
    routes.add(
      "DELETE",
      "/:id",
      async ({ manager, id, query }) => {
        query.end();
        const deleted = await manager.delete(id);
        return { status: 200, headers: { "content-type": "application/json", "cache-control": "no-store" }, body: deleted.json };
      },
      {
        describe: () => ({
          summary: `Marks a resource of ${spec.name} as deleted, and answers it`,
          responses: {
            200: {
              description: "As it was deleted",
              content: { "application/json": { schema: { $ref: `#/components/schemas/${spec.names.type}` } } },
            },
          },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};
