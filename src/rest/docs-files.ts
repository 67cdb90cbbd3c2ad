import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

interface Text {
  readonly body: string;
  readonly etag: string;
}

interface DocsFile {
  readonly path: string;
  readonly type: string;
  readonly description: string;
  /** Read once, when somebody asks. */
  readonly read: () => Promise<Text>;
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  validatorUrl: null,
});
`;

const tagged = (body: string): Text => ({ body, etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"` });

function once(read: () => Promise<string>): () => Promise<Text> {
  let text: Promise<Text> | undefined;
  return () => {
    text ??= read().then(tagged);
    return text;
  };
}

const ofViewer = (name: string) => once(() => readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`), "utf8"));

/** Swagger UI, by the ids of the operations that answer its parts. */
export const docsFiles: Readonly<Record<string, DocsFile>> = {
  docs: { path: "/docs", type: "text/html; charset=utf-8", description: "This reference as a page", read: once(async () => page) },
  docsStart: {
    path: "/docs/start.js",
    type: "text/javascript; charset=utf-8",
    description: "Part of the page",
    read: once(async () => start),
  },
  docsProgram: {
    path: "/docs/swagger-ui-bundle.js",
    type: "text/javascript; charset=utf-8",
    description: "Part of the page",
    read: ofViewer("swagger-ui-bundle.js"),
  },
  docsStyle: {
    path: "/docs/swagger-ui.css",
    type: "text/css; charset=utf-8",
    description: "Part of the page",
    read: ofViewer("swagger-ui.css"),
  },
};
