import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { shown, useOptimistic } from "@/api/optimistic";
import type { AccountChange, AccountView, MeView } from "@/api/types";

export function useAccount(accountId: string) {
  return useQuery({
    queryKey: ["accounts", accountId],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}", { params: { path: { accountId } } })),
  });
}

const touches = (accountId: string) => [["me"], ["accounts", accountId], ["members", accountId]] as const;

/** A new name is shown at once; who needs a second factor when it is true. */
export function useChangeAccount(accountId: string) {
  const named = <Account extends { name: string }>(account: Account, name: string) => ({ ...account, name });
  const optimistic = useOptimistic(({ name }: AccountChange) =>
    name
      ? [
          shown<AccountView>(["accounts", accountId], (account) => named(account, name)),
          shown<MeView>(["me"], (me) => ({
            ...me,
            accounts: me.accounts.map((one) => (one.accountId === accountId ? named(one, name) : one)),
          })),
        ]
      : [],
  );
  return useMutation({
    ...optimistic,
    mutationFn: (body: AccountChange) => answered(client.PATCH("/api/v1/accounts/{accountId}", { params: { path: { accountId } }, body })),
    meta: { touches: touches(accountId) },
  });
}

/** The first hundred members, for choosing among them. */
export function useHeirs(accountId: string) {
  return useQuery({
    queryKey: ["members", accountId, "names"],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/members", { params: { path: { accountId }, query: { limit: 100 } } })),
  });
}

/** `onDone` is called though the page no longer offers it to who is an admin by then. */
export function useTransfer(accountId: string, onDone: () => void) {
  return useMutation({
    mutationFn: (userId: string) => answered(client.POST("/api/v1/accounts/{accountId}/transfer", { params: { path: { accountId } }, body: { userId } })),
    onSuccess: onDone,
    meta: { touches: touches(accountId) },
  });
}

/** `onDone` leads out of its pages, of which none can be read any more; until then the change is under way. */
export function useDeleteAccount(accountId: string, onDone: () => Promise<void>) {
  return useMutation({
    onSuccess: onDone,
    mutationFn: () => answered(client.DELETE("/api/v1/accounts/{accountId}", { params: { path: { accountId } } })),
  });
}
