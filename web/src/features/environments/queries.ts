import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";
import type { Environment } from "@/api/types";
import { connect } from "@/messages";

const WHILE_STARTING_MILLISECONDS = 1000;
const OTHERWISE_MILLISECONDS = 15_000;
/** Those that are being started, for the first time or again, may become reachable any moment. */
function interval(environments: Environment[]): number {
  return environments.some(({ status }) => status === "PENDING" || status === "FAILED") ? WHILE_STARTING_MILLISECONDS : OTHERWISE_MILLISECONDS;
}

export function environmentQuery(accountId: string, environmentId: string) {
  const path = { accountId, environmentId };
  return queryOptions({
    queryKey: ["environments", accountId, environmentId],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}", { params: { path } })),
    refetchInterval: (query) => interval(query.state.data ? [query.state.data] : []),
  });
}

export function useEnvironments(accountId: string) {
  return usePages(
    ["environments", accountId],
    (after) =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments", { params: { path: { accountId }, query: { after, limit: 100 } } })),
    (environments) => environments.some(({ status }) => status === "PENDING"),
  );
}

/** The first hundred, for choosing among them; kept fresh while one starts. */
export function useEnvironmentNames(accountId: string) {
  return useQuery({
    queryKey: ["environments", accountId, "names"],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments", { params: { path: { accountId }, query: { limit: 100 } } })),
    refetchInterval: (query) => interval(query.state.data?.items ?? []),
    select: (page) => page.items,
  });
}

/** Where environments can be. */
export function useRegions() {
  return useQuery({ queryKey: ["regions"], queryFn: () => answered(client.GET("/api/v1/regions")), staleTime: 60_000 });
}

export function useCreateEnvironment(accountId: string) {
  return useMutation({
    mutationFn: (body: { name: string; region?: string }) =>
      answered(client.POST("/api/v1/accounts/{accountId}/environments", { params: { path: { accountId } }, body })),
    meta: { touches: [["environments", accountId]] },
  });
}

export function useCreateKey({ accountId, environmentId }: Environment) {
  const path = { accountId, environmentId };
  const body = { description: connect.key.description, role: "full" as const };
  return useMutation({
    mutationFn: () => answered(client.POST("/api/v1/accounts/{accountId}/environments/{environmentId}/api-keys", { params: { path }, body })),
    meta: { touches: [["api-keys", environmentId]] },
    // The answer holds the secret: it goes with the page.
    gcTime: 0,
  });
}
