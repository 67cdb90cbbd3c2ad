export const mediaTypes = ["application/json", "application/graphql-response+json"] as const;
export type MediaType = (typeof mediaTypes)[number];

export const streams = (accept: string | null): boolean => accept !== null && /text\/event-stream|multipart\/mixed/i.test(accept);

/** How a request is answered: a page, JSON of one of two types, a refusal, or by Yoga (streams). */
export function wayOf(method: string, accept: string | null): MediaType | "page" | "yoga" | "refuse" {
  if (method !== "GET" && method !== "POST") return "refuse";
  if (accept === null || accept === "" || accept === "*/*" || accept === "application/json") return "application/json";
  if (method === "GET" && /text\/html/i.test(accept)) return "page";
  if (streams(accept)) return "yoga";
  const ranges = accept
    .toLowerCase()
    .split(",")
    .map((range) => range.replaceAll(/\s/g, "").split(";"));
  const utf8 = ranges.filter(([, ...parameters]) =>
    parameters.every((parameter) => !parameter.startsWith("charset=") || parameter === "charset=utf-8"),
  );
  for (const [type] of utf8) {
    if (type === "application/graphql-response+json") return type;
    if (type === "application/json" || type === "application/*" || type === "*/*") return "application/json";
  }
  return "refuse";
}
