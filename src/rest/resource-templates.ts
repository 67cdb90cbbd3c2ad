import type { Template } from "./route-template.ts";
import { actionRoute } from "./templates/action.ts";
import { aggregateRoute } from "./templates/aggregate.ts";
import { batchRoute } from "./templates/batch.ts";
import { blobRoute } from "./templates/blob.ts";
import { changesRoute, everyChangeRoute } from "./templates/changes.ts";
import { countRoute } from "./templates/count.ts";
import { createRoute } from "./templates/create.ts";
import { deleteRoute } from "./templates/delete.ts";
import { diffRoute } from "./templates/diff.ts";
import { docsRoute } from "./templates/docs.ts";
import { everyExportRoute, exportRoute } from "./templates/export.ts";
import { getRoute } from "./templates/get.ts";
import { everyImportRoute, importRoute } from "./templates/import.ts";
import { listRoute } from "./templates/list.ts";
import { openapiRoute } from "./templates/openapi.ts";
import { patchRoute } from "./templates/patch.ts";
import { patchRevisionRoute } from "./templates/patch-revision.ts";
import { purgeRoute } from "./templates/purge.ts";
import { putRoute } from "./templates/put.ts";
import { referrersRoute } from "./templates/referrers.ts";
import { restoreRoute } from "./templates/restore.ts";
import { revisionRoute } from "./templates/revision.ts";
import { revisionsRoute } from "./templates/revisions.ts";
import { searchRoute } from "./templates/search.ts";
import { switchRoute } from "./templates/switch.ts";
import { transactRoute } from "./templates/transact.ts";
import { uploadRoute } from "./templates/upload.ts";
import { upsertRoute } from "./templates/upsert.ts";

/** Every route family; where two match a path, the one that stands first answers. */
export const resourceTemplates: readonly Template[] = [
  createRoute,
  upsertRoute,
  batchRoute,
  listRoute,
  searchRoute,
  countRoute,
  aggregateRoute,
  exportRoute,
  importRoute,
  getRoute,
  putRoute,
  patchRoute,
  deleteRoute,
  restoreRoute,
  purgeRoute,
  switchRoute,
  actionRoute,
  revisionsRoute,
  revisionRoute,
  patchRevisionRoute,
  diffRoute,
  referrersRoute,
  changesRoute,
  everyChangeRoute,
  transactRoute,
  everyExportRoute,
  everyImportRoute,
  openapiRoute,
  docsRoute,
  uploadRoute,
  blobRoute,
];
