import type { FillSteps } from "../sql/fill-batch.ts";
import type { FillDatabase } from "../sql/filler.ts";
import { raw, type Sql } from "../sql/sql-text.ts";
import type { SqliteConnection, Write } from "./sqlite-connection.ts";
import { sqliteLayout } from "./sqlite-layout.ts";

/** Batches go the way of commits, one turn of the event loop each. Indexes are there from the start: SQLite makes none online. */
export function sqliteFilling(connection: SqliteConnection): FillDatabase {
  const writes = new Map<string, Write>();
  const run = ({ text, values }: Sql): void => {
    const known = writes.get(text) ?? connection.prepareWrite(text);
    writes.set(text, known);
    known.run(...values);
  };
  const drive = <Answer>(steps: FillSteps<Answer>): Answer => {
    let step = steps.next();
    while (!step.done) {
      if ("read" in step.value) step = steps.next(connection.all(step.value.read));
      else {
        step.value.write.forEach(run);
        step = steps.next([]);
      }
    }
    return step.value;
  };
  const all = (query: Sql) => connection.read(() => connection.all(query));
  const lent = {
    layout: sqliteLayout,
    lock: raw(""),
    all,
    write: <Answer>(work: () => FillSteps<Answer>) => connection.write(() => connection.transaction(() => drive(work()))),
  };
  return { all, turn: (_, work) => work(lent), makeIndexes: async () => true, close: async () => {} };
}
