import { setTimeout } from "node:timers/promises";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import type { Finding } from "../finding.ts";
import { Place } from "../place.ts";
import { below, type Random, seeded } from "../random.ts";
import type { Outcome, Run, Size } from "./scenario.ts";

const sizes: Record<Size, { readonly cycles: number; readonly writes: number; readonly cyclesPerPlace: number }> = {
  slice: { cycles: 20, writes: 10_000, cyclesPerPlace: 5 },
  soak: { cycles: 500, writes: 500_000, cyclesPerPlace: 5 },
};

/** Processes under load, killed at random times one after the other, over and over on the same data. */
export async function randomKills(backend: BackendName, { size, tell, goesOn }: Run): Promise<Outcome> {
  const { cycles, writes, cyclesPerPlace } = sizes[size];
  const findings: Finding[] = [];
  const random = seeded(Date.now());
  let [done, acknowledged] = [0, 0];
  while (goesOn() && (done < cycles || acknowledged < writes)) {
    const place = await Place.make(backend);
    for (let cycle = 0; cycle < cyclesPerPlace && goesOn(); cycle++) {
      const perCycle = Math.ceil(Math.max(writes - acknowledged - place.written, 100) / Math.max(cycles - done, 1));
      findings.push(...(await killAll(place, perCycle, random)), ...(await place.check()));
      done += 1;
      const sum = acknowledged + place.written;
      tell(Math.min(done / cycles, sum / writes), `${done} kills, ${sum} acknowledged writes, ${findings.length} findings`);
      if (done >= cycles && sum >= writes) break;
    }
    findings.push(...(await place.checkBytes()));
    acknowledged += place.written;
    await place.remove();
  }
  return { cycles: done, acknowledged, findings };
}

/** The first is killed at any time while it works; the others go on until there are enough writes. */
async function killAll(place: Place, writes: number, random: Random): Promise<Finding[]> {
  const children = Array.from({ length: backends[place.backend].shared ? 2 : 1 }, () => place.start());
  await Promise.all(children.map((child) => child.until(({ ready }) => ready)));
  const [first, ...others] = children;
  const share = Math.ceil(writes / children.length);
  await first?.until(({ acknowledged }) => acknowledged >= share * (others.length > 0 ? random() : 1));
  await setTimeout(below(random, 30));
  await first?.kill();
  const missing = writes - (first?.acknowledged ?? 0);
  const stuck: Finding[] = [];
  for (const other of others) {
    if (!(await other.until(({ acknowledged }) => acknowledged >= missing / others.length)))
      stuck.push({ rule: "stuck", about: "a process does not go on after another was killed" });
    await setTimeout(below(random, 30));
    await other.kill();
  }
  return stuck;
}
