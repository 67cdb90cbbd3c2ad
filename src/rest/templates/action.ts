import type { Action } from "../../spec/action.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { actionResultSchema, inputBody } from "../openapi/action-components.ts";
import { changeProblems, dataProblems, json, minimalResponse, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { readInput } from "../read-body.ts";
import { actionReply } from "../reply.ts";
import type { Handler, RouteTemplate } from "../route-template.ts";

/** `POST /articles/{id}/publish` for each action of the spec: the body is its input. */
export const actionRoute: RouteTemplate = {
  name: "action",
  apply: (spec, routes) => {
    for (const action of spec.actions)
      routes.add("POST", `/:id/${action.path}`, handlerOf(action), { describe: () => descriptionOf(spec, action) });
  },
};

const handlerOf =
  ({ name: action }: Action): Handler =>
  async ({ request, foreign, manager, id, query }) => {
    query.end();
    const input = await readInput(request, foreign);
    const idempotencyKey = request.headers.get("idempotency-key") ?? undefined;
    return actionReply(
      await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) =>
        manager.perform({ op: "action", action, id, input, ifVersion, idempotencyKey }),
      ),
    );
  };

const descriptionOf = (spec: ResourceSpec, action: Action) => ({
  operationId: action.mutation,
  summary: `Runs the action ${action.name} on a resource of ${spec.name}`,
  ...(action.description === undefined ? {} : { description: action.description }),
  parameters: [...(action.output ? [] : [parameterRef("Prefer")]), parameterRef("If-Match"), parameterRef("Idempotency-Key")],
  ...(action.input ? { requestBody: inputBody(action) } : {}),
  responses: {
    ...(action.output ? {} : minimalResponse),
    200: json("The resource after it", actionResultSchema(spec, action), "ETag", "Idempotency-Replayed"),
  },
  problems: [...dataProblems, ...changeProblems, "IDEMPOTENCY_KEY_REUSED" as const],
});
