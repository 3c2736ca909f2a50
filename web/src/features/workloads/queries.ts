import { useMutation } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";
import type { Environment, NewWorkloadRule, WorkloadRuleView } from "@/api/types";

const PATH = "/api/v1/accounts/{accountId}/environments/{environmentId}/workload-identity-rules";

function pathOf({ accountId, environmentId }: Environment) {
  return { accountId, environmentId };
}

function metaOf({ environmentId }: Environment) {
  return { touches: [["workload-rules", environmentId]] };
}

export function useRules(environment: Environment) {
  return usePages<WorkloadRuleView>(["workload-rules", environment.environmentId], (after) =>
    answered(client.GET(PATH, { params: { path: pathOf(environment), query: { after } } })),
  );
}

export function useCreateRule(environment: Environment) {
  return useMutation({
    mutationFn: (body: NewWorkloadRule) => answered(client.POST(PATH, { params: { path: pathOf(environment) }, body })),
    meta: metaOf(environment),
  });
}

/** Saves it as it is: from now on whoever does so vouches for it. */
export function useVouch(environment: Environment) {
  return useMutation({
    mutationFn: ({ ruleId, name, provider, issuer, audience, conditions, role, minutes }: WorkloadRuleView) =>
      answered(
        client.PUT(`${PATH}/{ruleId}`, {
          params: { path: { ...pathOf(environment), ruleId } },
          body: { name, provider, issuer, audience, conditions, role, minutes },
        }),
      ),
    meta: metaOf(environment),
  });
}

export function useDeleteRule(environment: Environment) {
  return useMutation({
    mutationFn: (ruleId: string) => answered(client.DELETE(`${PATH}/{ruleId}`, { params: { path: { ...pathOf(environment), ruleId } } })),
    meta: metaOf(environment),
  });
}
