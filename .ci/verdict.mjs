// Reads vitest's JSON report: nothing may have failed, and nothing may have been skipped.
import { readFileSync } from "node:fs";

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const skipped = numPendingTests + numTodoTests;
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped`);
if (numPassedTests === 0 || numFailedTests > 0) process.exit(1);
if (skipped > 0) {
  console.error(`${skipped} tests were skipped. CI needs every part: install or start what is missing`);
  process.exit(1);
}
