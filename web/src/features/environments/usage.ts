import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { Environment, UsageSeries } from "@/api/types";

const FRESH_MILLISECONDS = 15_000;
/** How far back one looks, and in what steps. */
export const WINDOWS = { "1h": "minute", "24h": "hour", "7d": "hour", "30d": "day" } as const;
export type Window = keyof typeof WINDOWS;
export const STEP_MILLISECONDS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The last hour of all environments of the account, by environment. */
export function useRecentUsage(accountId: string) {
  return useQuery({
    queryKey: ["usage", accountId, "recent"],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/usage/recent", { params: { path: { accountId } } })),
    refetchInterval: FRESH_MILLISECONDS,
    select: ({ items }) => new Map(items.map((item) => [item.environmentId, item])),
  });
}

export function useUsage({ accountId, environmentId }: Environment, since: Window) {
  return useQuery({
    queryKey: ["usage", accountId, environmentId, since],
    queryFn: () =>
      answered(
        client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/usage", {
          params: { path: { accountId, environmentId }, query: { since, step: WINDOWS[since] } },
        }),
      ) as Promise<UsageSeries>,
    refetchInterval: FRESH_MILLISECONDS,
    placeholderData: keepPreviousData,
  });
}

export function useThrottling({ accountId, environmentId }: Environment) {
  return useQuery({
    queryKey: ["throttling", environmentId],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/throttling", { params: { path: { accountId, environmentId } } })),
    refetchInterval: FRESH_MILLISECONDS,
  });
}
