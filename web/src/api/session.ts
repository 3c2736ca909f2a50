import { queryOptions, useQuery } from "@tanstack/react-query";
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

export async function signOut(): Promise<void> {
  await answered(client.POST("/api/v1/auth/logout"));
  location.assign("/login");
}
