/** The first import of every entry point: on Node 20 the SQLite addon ends the process without a word. */
const major = Number(process.versions.node.split(".")[0]);

if (major < 22) {
  process.stderr.write(
    `specstar needs Node.js 22.18 or newer; this is ${process.versions.node}. Run it through npm scripts, which use the Node that npm ci installed.\n`,
  );
  process.exit(1);
}
