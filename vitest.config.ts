import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  // As Node resolves: one copy of graphql, which it finds under this condition.
  ssr: { resolve: { conditions: ["source", "module-sync"] } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "threads",
    testTimeout: 30_000,
  },
});
