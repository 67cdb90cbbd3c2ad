import { backends, durableBackends } from "../backends.ts";
import { brokenNetwork } from "./broken-network.ts";
import { clockJumps } from "./clock-jumps.ts";
import { crashAtPoints } from "./crash-points.ts";
import { fileErrors, powerLoss } from "./file-faults.ts";
import { fullWhileFilling, killsWhileFilling } from "./filling.ts";
import { fullDisk, mayMount } from "./full-disk.ts";
import { oneResource } from "./one-resource.ts";
import { randomKills } from "./random-kills.ts";
import type { Scenario } from "./scenario.ts";
import { serverKills } from "./server-kills.ts";

const hits = { slice: [5], soak: [1, 2, 3, 5, 8, 13, 21] } as const;

/** Everything that is done to storages, in the order in which it is told. */
export const scenarios: readonly Scenario[] = [
  {
    name: "killed at each point",
    on: () => durableBackends,
    run: (backend, run) => crashAtPoints(backend, ["kill"], hits[run.size], run),
  },
  {
    name: "throwing, hanging and paused at each point",
    on: (size) => (size === "slice" ? ["disk"] : durableBackends),
    run: (backend, run) => crashAtPoints(backend, ["throw", "hang", "pause"], hits[run.size].slice(0, 3), run),
  },
  { name: "killed at random times", on: () => durableBackends, run: randomKills },
  {
    name: "a way to the server that breaks",
    on: () => durableBackends.filter((name) => backends[name].server),
    run: brokenNetwork,
  },
  { name: "PostgreSQL killed under four processes", on: () => ["postgres"], run: serverKills },
  { name: "64 writers on one resource", on: () => durableBackends.filter((name) => backends[name].shared), run: oneResource },
  { name: "killed while columns are filled", on: () => durableBackends, run: killsWhileFilling },
  { name: "a disk that becomes full while columns are filled", on: () => (mayMount() ? ["disk"] : []), run: fullWhileFilling },
  { name: "an error at the k-th file call", on: () => ["disk"], run: (_backend, { size }) => fileErrors(size) },
  { name: "the power fails at the k-th file call", on: () => ["disk"], run: (_backend, { size }) => powerLoss(size) },
  { name: "a full disk", on: () => ["disk"], run: () => fullDisk() },
  { name: "clocks that jump", on: () => durableBackends, run: clockJumps },
];
