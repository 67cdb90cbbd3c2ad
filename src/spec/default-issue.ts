import { z } from "zod";

/** What is wrong with a default, and what to do. Zod itself takes it as it is, so a bad one would be found by whoever reads it. */
export function defaultIssue(schema: z.ZodType | undefined, value: unknown): readonly [what: string, instead: string] | undefined {
  try {
    const issue = schema?.safeParse(value).error?.issues[0]?.message;
    return issue === undefined
      ? undefined
      : [`its default ${JSON.stringify(value)?.slice(0, 100)} does not fit: ${issue}`, "Change one of them"];
  } catch (thrown) {
    // A rule that has to wait cannot be asked here.
    return thrown instanceof z.core.$ZodAsyncError ? undefined : ["a rule of the field throws for its default", "Mend it"];
  }
}
