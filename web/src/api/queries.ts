import { MutationCache, QueryClient } from "@tanstack/react-query";
import { asApiError } from "./errors";

/** Everything the console knows from the server. Keys begin with the noun: `["environments", accountId, …]`. */
export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // A plane on this very machine answers without any network; and who is offline is told so, not left waiting.
        networkMode: "always",
        refetchOnReconnect: true,
        retry: (failures, error) => failures < 2 && asApiError(error).passes,
        throwOnError: false,
      },
      mutations: { networkMode: "always" },
    },
    mutationCache: new MutationCache({
      // Whatever a change touches is read again, and only then is it done: no page shows what was before. A mutation
      // names it with meta: { touches: [key, …] }.
      onSuccess: (...[, , , mutation]) =>
        Promise.all((mutation.meta?.touches ?? []).map((queryKey) => client.invalidateQueries({ queryKey }))),
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
