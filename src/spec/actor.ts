/** On whose behalf an operation runs. */
export interface Actor {
  readonly id: string;
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}
