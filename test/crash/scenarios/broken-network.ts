import { setTimeout } from "node:timers/promises";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import { FaultProxy, type ProxyFault } from "../fault-proxy.ts";
import { type Finding, finding } from "../finding.ts";
import { Place } from "../place.ts";
import { below, seeded } from "../random.ts";
import type { Outcome, Size } from "./scenario.ts";

const rounds: Record<Size, number> = { slice: 2, soak: 60 };

/** Each for a moment; `cutRequest` at another byte every time. */
const faults = (bytes: number): readonly ProxyFault[] => [
  { kind: "loseReply" },
  { kind: "cutRequest", bytes },
  { kind: "stall" },
  { kind: "delay", ms: 40 },
  { kind: "refuse" },
];

/** Processes whose connections to the server are cut, stalled and slowed: each time they go on by themselves. */
export async function brokenNetwork(backend: BackendName, size: Size, tell: (text: string) => void): Promise<Outcome> {
  const { server, shared } = backends[backend];
  const place = await Place.make(backend);
  const proxy = await FaultProxy.start("127.0.0.1", server?.port(place.at) ?? 0);
  const at = server?.through(place.at, proxy.port) ?? place.at;
  const children = Array.from({ length: shared ? 2 : 1 }, () => place.start({ at }));
  await Promise.all(children.map((child) => child.until(({ ready }) => ready)));
  const random = seeded(Date.now());
  const findings: Finding[] = [];
  let cycles = 0;
  for (let round = 0; round < rounds[size]; round++) {
    for (const fault of faults(below(random, 8_000))) {
      cycles += 1;
      await setTimeout(below(random, 100));
      proxy.set(fault);
      await setTimeout(200 + below(random, 600));
      proxy.set({ kind: "none" });
      for (const child of children) {
        const before = child.acknowledged;
        if (!(await child.until(({ acknowledged }) => acknowledged >= before + 20, 40_000)))
          findings.push(finding("stuck", `a process does not go on after ${JSON.stringify(fault)}`));
      }
    }
    tell(`${cycles} faults, ${place.written} acknowledged writes`);
  }
  await Promise.all(children.map((child) => child.kill()));
  await proxy.close();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles, acknowledged, findings };
}
