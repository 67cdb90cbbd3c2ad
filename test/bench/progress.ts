/** Progress goes to standard error, so that standard output is the result alone. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
