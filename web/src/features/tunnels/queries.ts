import { useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { Environment } from "@/api/types";

const LOOK_AGAIN_MILLISECONDS = 2000;

/** Looked at again every two seconds, as `rcloud tunnels list --watch` does. */
export function useTunnels({ accountId, environmentId }: Environment) {
  return useQuery({
    queryKey: ["tunnels", environmentId],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/tunnels", { params: { path: { accountId, environmentId } } })),
    select: (list) => list.items,
    refetchInterval: LOOK_AGAIN_MILLISECONDS,
  });
}
