import { SpecStarError } from "specstar";
import type { RouteTemplate } from "specstar/rest";

const cell = (value: string | number): string =>
  /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

/** `GET /notes/{id}/history.csv`: who changed it, and when, for a spreadsheet. Stands on every resource. */
export const historyCsv: RouteTemplate = {
  name: "history-csv",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/history.csv",
      async ({ manager, id, query }) => {
        const last = query.integer("last") ?? 100;
        query.end();
        if (last < 1) throw new SpecStarError("BAD_REQUEST", "last is 1 or more", { resource: spec.name, field: "last" });
        const { items } = await manager.revisions(id, { last });
        const rows = items.map(({ info }) => [info.number, info.status, info.createdAt, info.createdBy]);
        return {
          status: 200,
          headers: { "content-type": "text/csv; charset=utf-8", "cache-control": "private, no-cache" },
          body: [["revision", "status", "at", "by"], ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join(""),
        };
      },
      {
        anyType: true,
        describe: () => ({
          summary: `Who changed a resource of ${spec.name}, and when, as CSV`,
          parameters: [
            { name: "last", in: "query", description: "So many revisions, 100 unless told", schema: { type: "integer", minimum: 1 } },
          ],
          responses: {
            200: { description: "A line for each revision", content: { "text/csv; charset=utf-8": { schema: { type: "string" } } } },
          },
          problems: ["NOT_FOUND"],
        }),
      },
    ),
};
