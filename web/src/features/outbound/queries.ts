import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { Environment, OutboundAdditions } from "@/api/types";

const PATH = "/api/v1/accounts/{accountId}/environments/{environmentId}/outbound-policy";

function pathOf({ accountId, environmentId }: Environment) {
  return { params: { path: { accountId, environmentId } } };
}

export function useOutboundPolicy(environment: Environment) {
  return useQuery({
    queryKey: ["outbound-policy", environment.environmentId],
    queryFn: () => answered(client.GET(PATH, pathOf(environment))),
  });
}

export function useSaveOutboundPolicy(environment: Environment) {
  return useMutation({
    mutationFn: (body: OutboundAdditions) => answered(client.PUT(PATH, { ...pathOf(environment), body })),
    meta: { touches: [["outbound-policy", environment.environmentId]] },
  });
}
