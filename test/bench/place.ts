/** A schema of a PostgreSQL database. */
export interface Postgres {
  readonly url: string;
  readonly schema: string;
}

/** What a server of a bench stands on. Its directory holds the ids of the seed in any case. */
export interface Place {
  readonly dir: string;
  /** Absent: SQLite in the directory. */
  readonly postgres?: Postgres;
}

/** How much a seed writes: so many articles, each edited so many times. */
export interface Size {
  readonly articles: number;
  readonly edits: number;
}
