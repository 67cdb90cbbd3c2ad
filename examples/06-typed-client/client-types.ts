import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const read = (file: string) => parse(readFileSync(join(import.meta.dirname, file), "utf8"));

/** TypeScript of `operations.graphql`, by the schema that the atlas has committed: neither a server nor a config file is needed. */
export const clientTypes = (): Promise<string> =>
  codegen({
    filename: "generated.ts",
    schema: read("../01-atlas/schema.graphql"),
    documents: [{ location: "operations.graphql", document: read("operations.graphql") }],
    config: {
      scalars: { Date: "string", DateTime: "string", JSON: "unknown", SafeInt: "number" },
      documentMode: "string",
      useTypeImports: true,
    },
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: { operations, documents },
  });
