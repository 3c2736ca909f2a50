import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";
import { answered, client } from "./client";
import type { Membership, Permission } from "./types";

/** Who is signed in, and their accounts with role and permissions. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => answered(client.GET("/api/v1/auth/me")),
  staleTime: 60_000,
});

export function useMe() {
  return useQuery(meQuery);
}

/** Whether to offer something. The API decides when it is done. */
export function may(account: Membership, permission: Permission): boolean {
  return account.permissions.includes(permission);
}

/** After an account has gone, or oneself from it; an answer that is on its way may still name it, and does not count. */
export async function forgetAccount(cache: QueryClient, accountId: string): Promise<void> {
  await cache.cancelQueries({ queryKey: meQuery.queryKey });
  cache.setQueryData(meQuery.queryKey, (me) => me && { ...me, accounts: me.accounts.filter((one) => one.accountId !== accountId) });
}

export async function signOut(): Promise<void> {
  await answered(client.POST("/api/v1/auth/logout"));
  location.assign("/login");
}
