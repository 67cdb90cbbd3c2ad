import { expect } from "vitest";
import { specs } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { openPlatform } from "../support/open-platform.ts";
import { checkedFetch } from "../support/openapi-check.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export type Client = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** Asks by the front door. An object is sent as JSON, text and bytes as they are. */
export const clientOf =
  (fetch: (request: Request) => Promise<Response>): Client =>
  async (method, path, { body, headers = {} } = {}) => {
    const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const request = new Request(`http://door${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const response = await fetch(request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === "" ? undefined : JSON.parse(text) };
  };

export async function openClient(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const platform = await openPlatform(specs, options);
  return { platform, ask: clientOf(checkedFetch(platform)) };
}

/** A problem of RFC 9457, with the code of the closed table. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body?.code }, answer.text.slice(0, 300)).toEqual({ status, code });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    type: `urn:specstar:error:${code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code,
  });
  expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"));
}

export const merge = (body: unknown, headers: Record<string, string> = {}): Ask => ({
  body,
  headers: { "content-type": "application/merge-patch+json", ...headers },
});
export const operations = (body: unknown, headers: Record<string, string> = {}): Ask => ({
  body,
  headers: { "content-type": "application/json-patch+json", ...headers },
});
