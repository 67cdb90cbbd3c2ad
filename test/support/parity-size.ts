/**
 * How many random sequences the parity generator runs, and from which seed: `PARITY_SEQUENCES=2000 PARITY_SEED=7 npx vitest run
 * test/parity/generator`. The same seed makes the same sequences.
 */
export const paritySize = {
  sequences: Number(process.env.PARITY_SEQUENCES ?? (process.env.CI ? 500 : 60)),
  seed: Number(process.env.PARITY_SEED ?? 20_261_201),
};
