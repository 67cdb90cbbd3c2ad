/** Where a bucket is, and how patient to be with it. */
export interface S3Options {
  /** Must exist. */
  readonly bucket: string;
  /** Stands before every key, so that several stores can share a bucket: `"prod/"`. Empty unless told. */
  readonly prefix?: string;
  /** `https://host:port` of an S3-compatible server; AWS unless told. */
  readonly endpoint?: string;
  /** Of the bucket. Unless told: with an `endpoint` `us-east-1`, else what the AWS SDK finds in its settings. */
  readonly region?: string;
  /** Unless told: what the AWS SDK finds in its settings, its files or the machine's role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  /** The bucket stands in the path of URLs instead of the host name. True with an `endpoint` unless told. */
  readonly forcePathStyle?: boolean;
  /** The most bytes of revisions kept in memory after they were read or written (default 64 MiB; 0: none); with `s3Storage` as much again of the states of resources. */
  readonly cacheBytes?: number;
  readonly timeouts?: S3Timeouts;
}

export interface S3Timeouts {
  /** For a connection to be made, milliseconds (default 3 000). */
  readonly connectMs?: number;
  /** Without a byte in either direction, milliseconds (default 15 000). */
  readonly idleMs?: number;
  /** How often a request is sent at most, with the same key and bytes (default 4). */
  readonly attempts?: number;
}
