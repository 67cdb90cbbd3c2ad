import { defineConfig } from "vitest/config";

/** Suites that say how the platform behaves, whatever it stands on. */
const behaviour = [
  "test/manager/**/*.test.ts",
  "test/parity/**/*.test.ts",
  "test/graphql/**/*.test.ts",
  "test/rest/**/*.test.ts",
  "test/auth/api-keys.test.ts",
  "test/hostile/hostile.test.ts",
  "test/feed/subscriptions.test.ts",
];

export default defineConfig({
  resolve: { conditions: ["source"] },
  // `module-sync` is how Node itself finds graphql: without it there would be two copies.
  ssr: { resolve: { conditions: ["source", "module-sync"], externalConditions: ["source", "module-sync"] } },
  test: {
    pool: "threads",
    isolate: false,
    // Left alone, two cores would have one worker, and most tests wait for a server or a disk.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "all", include: ["test/**/*.test.ts"] } },
      { extends: true, test: { name: "disk and a no-op plugin", include: behaviour, env: { SPECSTAR_TEST_STORAGE: "disk" } } },
    ],
  },
});
