import { styleText } from "node:util";

export interface Progress {
  advance(): void;
  end(): void;
}

/** Shown where the import begins: what an earlier one has done counts from the start. */
export interface Task {
  readonly name: string;
  readonly total: number;
  readonly done: number;
}

const redrawMs = 100;
const lineMs = 2_000;

/** A bar on a terminal, else a line now and then. */
export const openProgress = (task: Task): Promise<Progress> => (process.stdout.isTTY ? openBar(task) : openLines(task));

async function openBar({ name, total, done }: Task): Promise<Progress> {
  const { progress } = await import("@clack/prompts");
  const bar = progress({ max: total, style: "block", indicator: "timer" });
  bar.start(`Importing ${name}`);
  // The bar reads keys and would end the process at Ctrl-C; this way it becomes a signal, and the import ends in order.
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  const meter = new Meter(done);
  let shown = 0;
  const show = (): void => {
    bar.advance(meter.done - shown, `${meter.text(total)} ${name}`);
    shown = meter.done;
  };
  show();
  const timer = setInterval(show, redrawMs);
  return {
    advance: () => meter.advance(),
    end: () => {
      clearInterval(timer);
      bar.stop(`${styleText("green", meter.text(total))} ${name}`);
    },
  };
}

async function openLines({ name, total, done }: Task): Promise<Progress> {
  const meter = new Meter(done);
  const show = (): void => console.log(`${name}: ${meter.text(total)}`);
  show();
  const timer = setInterval(show, lineMs);
  return {
    advance: () => meter.advance(),
    end: () => {
      clearInterval(timer);
      show();
    },
  };
}

class Meter {
  readonly #start = performance.now();
  readonly #before: number;
  done: number;

  constructor(done: number) {
    this.#before = done;
    this.done = done;
  }

  advance(): void {
    this.done++;
  }

  text(total: number): string {
    const perSecond = Math.round(((this.done - this.#before) * 1000) / Math.max(1, performance.now() - this.#start));
    return `${this.done.toLocaleString("en")} of ${total.toLocaleString("en")}${perSecond > 0 ? `, ${perSecond.toLocaleString("en")}/s` : ""}`;
  }
}
