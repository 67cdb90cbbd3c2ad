/** What is known of a resource besides its data. Instants are RFC 3339 in UTC. */
export interface ResourceMeta {
  readonly version: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly deletedAt: string | null;
  readonly revisionCount: number;
  readonly schemaVersion: number;
  readonly status: "draft" | "stable";
}

/** A resource in one state, as plain code sees it. */
export interface ResourceState<T = unknown> {
  readonly id: string;
  readonly version: number;
  readonly data: T;
  readonly meta: ResourceMeta;
}
