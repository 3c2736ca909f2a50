import { MutationCache, QueryClient } from "@tanstack/react-query";
import { asApiError } from "./errors";

/** Everything the console knows from the server. Keys begin with the noun: `["environments", accountId, …]`. */
export function newQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && asApiError(error).passes,
        throwOnError: false,
      },
    },
    mutationCache: new MutationCache({
      // Whatever a change touches is read again; a mutation names it with meta: { touches: [key, …] }.
      onSuccess: (_data, _variables, _result, mutation) => {
        for (const queryKey of mutation.meta?.touches ?? []) void client.invalidateQueries({ queryKey });
      },
    }),
  });
  return client;
}

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: Error;
    mutationMeta: { touches?: readonly (readonly unknown[])[] };
  }
}
