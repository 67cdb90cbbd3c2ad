import type { PoolClient, QueryArrayResult } from "pg";
import { fail } from "../../errors.ts";
import type { Row } from "../sql/resource-rows.ts";
import type { PostgresConnection, Statement } from "./postgres-connection.ts";
import { sendTogether } from "./send-together.ts";

type Answer = Promise<QueryArrayResult<Row & unknown[]>>;

/** One transaction on the writing connection. Statements are sent as they come; answers may be awaited later, all at once. */
export class Pipeline {
  readonly #connection: PostgresConnection;
  readonly #client: PoolClient;
  readonly #sent: Answer[] = [];
  /** From here on only the server knows whether the transaction was committed. */
  #committing = false;

  constructor(connection: PostgresConnection, client: PoolClient) {
    this.#connection = connection;
    this.#client = client;
    void this.#plain("begin");
  }

  get committing(): boolean {
    return this.#committing;
  }

  /** Waits an eighth as long for the locks of others. */
  hurry(): void {
    void this.#plain(`set local lock_timeout = ${Math.ceil(this.#connection.settings.timeouts.lockMs / 8)}`);
  }

  /** Nobody has to wait for it: `commit` says what was refused. */
  send(statement: Statement): Promise<readonly Row[]> {
    sendTogether(this.#client);
    const rows = this.#remember(this.#client.query<Row & unknown[]>(this.#connection.query(statement))).then((answer) => answer.rows);
    rows.catch(() => {});
    return rows;
  }

  /** Of a statement that is not there no rows come. */
  sendIf(statement: Statement | undefined): Promise<readonly Row[]> {
    return statement ? this.send(statement) : Promise.resolve([]);
  }

  /** Resolves when it is committed. The first refusal of any statement is the reason why it is not. */
  async commit(): Promise<void> {
    this.#committing = true;
    const { command } = await this.#end("commit");
    if (command !== "COMMIT") throw fail("INTERNAL", "The database did not commit, and did not say why");
  }

  async rollback(): Promise<void> {
    await this.#plain("rollback");
  }

  async #end(text: string): Answer {
    const last = this.#plain(text);
    for (const outcome of await Promise.allSettled(this.#sent)) if (outcome.status === "rejected") throw outcome.reason;
    return last;
  }

  #plain(text: string): Answer {
    sendTogether(this.#client);
    return this.#remember(this.#client.query<Row & unknown[]>({ text, rowMode: "array" }));
  }

  /** A statement behind one that was refused is refused too; nobody may be waiting for it any more. */
  #remember(answer: Answer): Answer {
    answer.catch(() => {});
    this.#sent.push(answer);
    return answer;
  }
}
