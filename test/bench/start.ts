import type { Line } from "./report.ts";

export async function atlas(_dir: (name: string) => string): Promise<Line[]> {
  return [];
}
