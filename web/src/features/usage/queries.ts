import { useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { AccountUsage } from "@/api/types";

/** `month` is `2027-01`. */
export function useAccountUsage(accountId: string, month: string) {
  return useQuery({
    queryKey: ["usage", accountId, "month", month],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/usage", { params: { path: { accountId }, query: { month } } })) as Promise<AccountUsage>,
    refetchInterval: 60_000,
  });
}

/** The same as a file. */
export function exportAddress(accountId: string, month: string): string {
  return `/api/v1/accounts/${accountId}/usage?month=${month}&format=csv`;
}
