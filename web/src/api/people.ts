import { useQuery } from "@tanstack/react-query";
import { answered, client } from "./client";
import { may } from "./session";
import type { Membership } from "./types";

/** What to call a person of the account by their id: the name or e-mail address of a member, else the id. */
export function usePersonName(account: Membership): (userId: string) => string {
  const { accountId } = account;
  const { data } = useQuery({
    queryKey: ["members", accountId, "names"],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/members", { params: { path: { accountId }, query: { limit: 100 } } })),
    enabled: may(account, "member:read"),
    staleTime: 60_000,
  });
  return (userId) => {
    const member = data?.items.find((one) => one.userId === userId);
    return member?.name ?? member?.email ?? userId;
  };
}
