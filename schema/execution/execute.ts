import { type ExecutionArgs, type ExecutionResult, validateExecutionArgs } from "graphql";
import { fail } from "../../src/errors.ts";
import { Execution } from "./execution.ts";
import { Plans } from "./plan.ts";

export type { ExecutionResult } from "graphql";
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/**
 * Executes queries and mutations of valid documents as GraphQL says, from plans: what the document and the schema decide is
 * worked out once for each document that is asked again, and not for each object of each answer.
 */
export function executor(): Execute {
  const plans = new Plans();
  return (args) => {
    const checked = validateExecutionArgs(args);
    if (!("schema" in checked)) return { errors: checked };
    const { schema, operation } = checked;
    const root = schema.getRootType(operation.operation);
    if (!root) throw fail("BAD_REQUEST", `There is no ${operation.operation} in this schema`);
    return new Execution(checked, plans.of(checked, root)).run();
  };
}
