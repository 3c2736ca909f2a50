import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { Environment, Preflight } from "@/api/types";

const PATH = "/api/v1/accounts/{accountId}/environments/{environmentId}";

function pathOf({ accountId, environmentId }: Environment) {
  return { params: { path: { accountId, environmentId } } };
}

export function usePreflight(environment: Environment) {
  return useMutation({
    mutationFn: (body: Preflight) => answered(client.POST(`${PATH}/preflight`, { ...pathOf(environment), body })),
  });
}

export function useTrustPolicy(environment: Environment) {
  return useQuery({
    queryKey: ["aws-trust-policy", environment.environmentId],
    queryFn: () => answered(client.GET(`${PATH}/aws-trust-policy`, pathOf(environment))),
    staleTime: Infinity,
  });
}

export function useLint(environment: Environment) {
  return useMutation({
    mutationFn: (policy: string) => answered(client.POST(`${PATH}/aws-trust-policy/lint`, { ...pathOf(environment), body: { policy } })),
  });
}

/** Names of the tunnels that are open, to choose among. */
export function useOpenTunnels(environment: Environment) {
  return useQuery({
    queryKey: ["tunnels", environment.environmentId],
    queryFn: () => answered(client.GET(`${PATH}/tunnels`, pathOf(environment))),
    select: (list) => list.items.filter(({ connections }) => connections > 0).map(({ name }) => name),
  });
}
