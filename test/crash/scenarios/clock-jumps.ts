import { systemContext } from "../../../src/storage/context.ts";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import { check, checkByWriting } from "../checker.ts";
import { Client } from "../client.ts";
import { clientLog, isWritten, type Line } from "../client-log.ts";
import { finding } from "../finding.ts";
import { runLoad } from "../load.ts";
import { openManagers } from "../open-managers.ts";
import { seeded } from "../random.ts";
import type { Outcome, Run, Size } from "./scenario.ts";

const sizes: Record<Size, number> = { slice: 1_500, soak: 20_000 };
const hours = 60 * 60 * 1000;

/** Two clients of one place whose clocks jump by hours, forwards and backwards, each by itself: less than the day for which replies are kept. */
export async function clockJumps(backend: BackendName, { size }: Run): Promise<Outcome> {
  const { make, open, remove, shared } = backends[backend];
  const at = await make();
  const lines: Line[] = [];
  const write = (line: Line) => lines.push(line);
  let operations = 0;
  const goesOn = () => ++operations <= sizes[size];
  const load = async (name: string, seed: number) => {
    const managers = await openManagers(await open(at, jumping(seed)), jumping(seed));
    await runLoad(managers, new Client(name, write), { seed, workers: 6, shared: "shared", goesOn });
    await managers.close();
  };
  const load1 = load("a", 1);
  await Promise.all(shared ? [load1, load("b", 2)] : [load1]);
  const acknowledged = clientLog(lines).attempts.filter(isWritten).length;
  const managers = await openManagers(await open(at));
  const findings = await check(managers, clientLog(lines));
  findings.push(...(await checkByWriting(managers, clientLog(lines), new Client("check", write))));
  if (acknowledged === 0) findings.push(finding("stuck", "no write was acknowledged"));
  await managers.close();
  await remove(at);
  return { cycles: operations, acknowledged, findings };
}

/** A clock that jumps by up to six hours at every hundredth look. */
function jumping(seed: number) {
  const random = seeded(seed);
  let shift = 0;
  let looks = 0;
  return {
    ...systemContext,
    now: () => {
      looks += 1;
      if (looks % 100 === 0) shift = (random() - 0.5) * 12 * hours;
      return Math.floor(Date.now() + shift);
    },
  };
}
