import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";

export type Filters = { actor: string; action: string; target: string; since: string; until: string; text: string };
const PAGE = 100;

export function useAuditEvents(accountId: string, filters: Filters) {
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
  return usePages(["audit-events", accountId, given], (after) =>
    answered(
      client.GET("/api/v1/accounts/{accountId}/audit-events", { params: { path: { accountId }, query: { ...given, after, limit: PAGE } } }),
    ),
  );
}

export function verificationQuery(accountId: string) {
  return queryOptions({
    queryKey: ["audit-verification", accountId],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/audit-events/verification", { params: { path: { accountId } } })),
    staleTime: 60_000,
  });
}

/** Where the browser itself fetches the whole chain as a file. */
export function exportAddress(accountId: string): string {
  return `/api/v1/accounts/${accountId}/audit-events/export`;
}
