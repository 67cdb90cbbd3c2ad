import { LRUCache } from "lru-cache";
import type { MetaRow, Revision, Stored } from "./rows.ts";

/** What tells one state of a resource from all others. */
export interface StateKey {
  readonly id: string;
  readonly version: number;
  /** A database that lost its newest commits may give their versions again, but not at the same instant. */
  readonly updatedAt: number;
}

/** Others read it too: it cannot be changed. */
class KnownState implements Stored {
  readonly meta: MetaRow;
  readonly revision: Revision;
  readonly #derived = {};

  constructor(meta: MetaRow, revision: Revision) {
    this.meta = meta;
    this.revision = revision;
    Object.freeze(this);
  }

  get derived(): Partial<Record<string, unknown>> {
    return this.#derived;
  }
}

/** States of one type that are in memory. */
export interface Known {
  /** Whether most of what was asked lately was there: then a page is asked for its keys first. */
  readonly helps: boolean;
  get(key: StateKey): Stored | undefined;
  /** How many states of a page were there. */
  note(there: number, all: number): void;
}

interface Kept {
  readonly type: string;
  readonly stored: Stored;
}

/** Beside a body stand its row and what readers make of both: a parsed copy and JSON text. */
const bytesOf = ({ stored }: Kept): number => 4 * stored.revision.size + 1_000;
/** How fast the share of what was there follows what is asked. */
const weight = 1 / 16;

/**
 * States of resources that were read lately, whole, with their bytes checked. No version of a resource is given twice, so what
 * was read of one stays true, whoever writes: readers ask the database which versions a page shows, and need not read those
 * that are here. What was used longest ago goes first.
 */
export class KnownStates {
  readonly #kept: LRUCache<string, Kept>;
  readonly #most: number;
  readonly #types = new Map<string, Known>();

  /** @param most bytes that it may take, about; 0: nothing is kept */
  constructor(most: number) {
    this.#most = Math.max(1, Math.min(Math.floor(most), Number.MAX_SAFE_INTEGER));
    const maxEntrySize = Math.ceil(this.#most / 16);
    this.#kept = new LRUCache({ maxSize: this.#most, maxEntrySize, sizeCalculation: bytesOf });
  }

  of(type: string): Known {
    const known = this.#types.get(type) ?? this.#knownOf(type);
    this.#types.set(type, known);
    return known;
  }

  /** Gives it back, with room for what readers make of it. */
  add(type: string, { meta, revision }: Stored): Stored {
    const stored = new KnownState(Object.freeze(meta), Object.freeze(revision));
    this.#kept.set(meta.id, { type, stored });
    return stored;
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }

  #knownOf(type: string): Known {
    const [kept, most] = [this.#kept, this.#most];
    let share = 0;
    return {
      get helps() {
        return share > 0.5;
      },
      get({ id, version, updatedAt }) {
        // While there is room, nobody has to go, and who was asked for last is of no interest.
        const found = kept.calculatedSize < most / 2 ? kept.peek(id) : kept.get(id);
        if (found?.type !== type) return undefined;
        const { meta } = found.stored;
        return meta.version === version && meta.updatedAt === updatedAt ? found.stored : undefined;
      },
      note(there, all) {
        if (all > 0) share += weight * (there / all - share);
      },
    };
  }
}
