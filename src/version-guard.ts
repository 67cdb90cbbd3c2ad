/** The first import of every entry point: on Node 20 the SQLite addon ends the process without a word. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `specstar needs Node.js 22.18 or newer; this is ${process.versions.node}. Install a newer one, or add it to your project with \`npm install node@24\` and start through an npm script or npx. In the repository of specstar itself \`npm ci\` has installed it: use npm start, npm test or npx node.\n`,
  );
  process.exit(1);
}
