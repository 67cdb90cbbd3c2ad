import { type ErrorCode, fail, SpecStarError } from "../../errors.ts";

/** What each reply code of AMQP means to the person who runs the program. */
const meanings: Partial<Record<string, readonly [ErrorCode, string]>> = {
  "320": ["UNAVAILABLE", "RabbitMQ has closed the connection: it is stopping, or somebody has closed it"],
  "403": ["UNAVAILABLE", "RabbitMQ refuses this user. Check user and password of the url, and the user's permissions (docs/queues.md)"],
  "404": ["UNAVAILABLE", "A queue is not there any more. It is made again with the next message, or when the message queue is opened anew"],
  "530": ["UNAVAILABLE", "RabbitMQ refuses the virtual host of the url: it is not there, or this user may not use it"],
};
const away = "RabbitMQ cannot be reached";

const vhostRefused = /^Expected ConnectionOpenOk; got <ConnectionClose/;

/** The reply code. Of a refused handshake the client library tells it in the text of its error, and nowhere else. */
function replyCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ("code" in thrown && typeof thrown.code === "number") return String(thrown.code);
  if (vhostRefused.test(thrown.message)) return "530";
  return /^Handshake terminated by server: (\d{3}) /.exec(thrown.message)?.[1];
}

const preconditionFailed = "406";
const inequivalent = /inequivalent arg '([^']+)'.*?received (.+?) but current is (.+?)"?$/s;

/** The client library's errors as typed ones, by code. */
export function rabbitmqError(thrown: unknown): unknown {
  if (thrown instanceof SpecStarError || !(thrown instanceof Error) || thrown instanceof TypeError || thrown instanceof RangeError)
    return thrown;
  const [code, text] = meanings[replyCode(thrown) ?? ""] ?? ["UNAVAILABLE", away];
  return fail(code, text, {}, thrown);
}

/** Of a queue or an exchange that was declared: it is there, and made in another way. */
export function declarationError(thrown: unknown, what: string, mend: string): unknown {
  if (replyCode(thrown) !== preconditionFailed || !(thrown instanceof Error)) return rabbitmqError(thrown);
  const [, argument, wanted, current] = inequivalent.exec(thrown.message) ?? [];
  const difference = argument === undefined ? "otherwise" : `with another ${argument}: ${current}, where this program wants ${wanted}`;
  return fail("CONFLICT", `${what} is there ${difference}. ${mend}`, {}, thrown);
}
