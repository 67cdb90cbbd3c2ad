import type { ExportOptions } from "../manager/archive/archive-door.ts";
import { archiveType } from "../manager/archive/format.ts";
import type { StreamReply } from "./reply.ts";
import type { RootCall } from "./route-template.ts";

/** An archive as it is made. Where it fails half-way the connection is cut, and what has arrived has no end. */
export async function exportReply(
  call: RootCall,
  name: string,
  resources: ExportOptions["resources"],
  id: string | undefined,
): Promise<StreamReply> {
  const { archives, actor, query } = call;
  const since = query.text("since");
  query.end();
  const archive = await archives.export({ resources, id, since, actor });
  return {
    status: 200,
    headers: {
      "content-type": archiveType,
      "content-disposition": `attachment; filename="${name}.specstar"`,
      "cache-control": "no-store",
      "archive-cursor": archive.cursor,
    },
    stream: archive[Symbol.asyncIterator](),
  };
}
