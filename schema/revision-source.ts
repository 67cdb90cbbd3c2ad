import type { RevisionInfo, RevisionView } from "../src/manager/resource.ts";

/** Data of the past: refs in it resolve to what their targets were `at` that instant. */
export interface PastData {
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: string;
}

/** A revision as resolvers pass it on: with the instant that was asked for, else that of its creation. */
export class RevisionSource {
  readonly view: RevisionView;
  readonly #askedAt: string | undefined;
  #info: RevisionInfo | undefined;

  constructor(view: RevisionView, askedAt?: string) {
    this.view = view;
    this.#askedAt = askedAt;
  }

  get id(): string {
    return this.view.id;
  }

  get info(): RevisionInfo {
    this.#info ??= this.view.info;
    return this.#info;
  }

  get past(): PastData {
    return { data: Object(this.view.data), at: this.#askedAt ?? this.info.createdAt };
  }
}
