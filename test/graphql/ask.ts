import { expect } from "vitest";
import type { Platform } from "../../src/platform.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of any shape.
  readonly data: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors:
    | readonly {
        readonly message: string;
        readonly path?: readonly unknown[];
        readonly locations?: readonly unknown[];
        readonly extensions: Readonly<Record<string, unknown>>;
      }[]
    | undefined;
}

type Door = Pick<Platform, "fetch">;

export const post = (body: unknown, headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** Sends a document by the front door. */
export async function ask(
  platform: Door,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await platform.fetch(post({ query, variables }, headers));
  const { data, errors } = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, data, errors };
}

/** The data of a document that must not fail. */
export async function dataOf(platform: Door, query: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await ask(platform, query, variables);
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data));
}

/** The code of a document that must fail. */
export async function codeOf(platform: Door, query: string, variables: Record<string, unknown> = {}): Promise<unknown> {
  const { errors } = await ask(platform, query, variables);
  return errors?.[0]?.extensions.code;
}
