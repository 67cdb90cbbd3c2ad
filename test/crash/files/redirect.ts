import { registerHooks } from "node:module";

/**
 * To be imported before the stores (`node --import`): from then on their file calls pass through `watched-fs.ts`. Everything
 * behind it is real; SQLite's own calls are not made in JavaScript and cannot be watched.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "node:fs/promises" && context.parentURL?.includes("/src/stores/fs/")
      ? { url: new URL("./watched-fs.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
