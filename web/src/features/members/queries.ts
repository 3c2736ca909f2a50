import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { shown, useOptimistic } from "@/api/optimistic";
import { usePages } from "@/api/pages";
import type { Role } from "@/api/types";

export const ROLES: Role[] = ["owner", "admin", "developer", "viewer"];
const MOST = 100;

export function useMembers(accountId: string) {
  return usePages(["members", accountId], (after) =>
    answered(client.GET("/api/v1/accounts/{accountId}/members", { params: { path: { accountId }, query: { after, limit: MOST } } })),
  );
}

/** Those that wait for an answer; not for members who may not invite. */
export function useInvitations(accountId: string) {
  return usePages(["invitations", accountId], (after) =>
    answered(client.GET("/api/v1/accounts/{accountId}/invitations", { params: { path: { accountId }, query: { after, limit: MOST } } })),
  );
}

export function useInvite(accountId: string) {
  return useMutation({
    mutationFn: (body: { email: string; role: Role }) =>
      answered(client.POST("/api/v1/accounts/{accountId}/invitations", { params: { path: { accountId } }, body })),
    meta: { touches: [["invitations", accountId]] },
  });
}

export function useResend(accountId: string) {
  return useMutation({
    mutationFn: (invitationId: string) =>
      answered(client.POST("/api/v1/accounts/{accountId}/invitations/{invitationId}/resend", { params: { path: { accountId, invitationId } } })),
    meta: { touches: [["invitations", accountId]] },
  });
}

/** `onDone` is called though the invitation's row is gone by then. */
export function useRevoke(accountId: string, onDone: () => void) {
  return useMutation({
    mutationFn: (invitationId: string) =>
      answered(client.DELETE("/api/v1/accounts/{accountId}/invitations/{invitationId}", { params: { path: { accountId, invitationId } } })),
    onSuccess: onDone,
    meta: { touches: [["invitations", accountId]] },
  });
}

export function useChangeRole(accountId: string) {
  return useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: Role }) =>
      answered(client.PATCH("/api/v1/accounts/{accountId}/members/{userId}", { params: { path: { accountId, userId } }, body: { role } })),
    meta: { touches: [["members", accountId]] },
  });
}

/**
 * Removing another member; `onDone` is called though their row is gone by then. Whoever removes themselves uses
 * `useLeave`: nothing of the account can be read after it.
 */
export function useRemove(accountId: string, onDone: () => void) {
  return useMutation({
    mutationFn: (userId: string) =>
      answered(client.DELETE("/api/v1/accounts/{accountId}/members/{userId}", { params: { path: { accountId, userId } } })),
    onSuccess: onDone,
    meta: { touches: [["members", accountId]] },
  });
}

/** `onDone` leads out of the account's pages, of which none can be read any more; until then the change is under way. */
export function useLeave(accountId: string, onDone: () => Promise<void>) {
  return useMutation({
    onSuccess: onDone,
    mutationFn: (userId: string) =>
      answered(client.DELETE("/api/v1/accounts/{accountId}/members/{userId}", { params: { path: { accountId, userId } } })),
  });
}

/** Invitations and accounts that whoever is signed in may join. */
export function useOffers() {
  const invitations = useQuery({ queryKey: ["offers", "invitations"], queryFn: () => answered(client.GET("/api/v1/invitations")) });
  const joinable = useQuery({ queryKey: ["offers", "joinable"], queryFn: () => answered(client.GET("/api/v1/joinable-accounts")) });
  return { invitations: invitations.data?.items ?? [], joinable: joinable.data?.items ?? [] };
}

const AFTER_JOINING = [["me"], ["offers"]] as const;

export function useAccept() {
  return useMutation({
    mutationFn: (invitationId: string) => answered(client.POST("/api/v1/invitations/accept", { body: { invitationId } })),
    meta: { touches: AFTER_JOINING },
  });
}

type Invitations = { items: { invitationId: string }[] };

/** It is gone at once, and back when that fails. */
export function useDecline() {
  const optimistic = useOptimistic((invitationId: string) => [
    shown<Invitations>(["offers", "invitations"], (known) => ({
      ...known,
      items: known.items.filter((one) => one.invitationId !== invitationId),
    })),
  ]);
  return useMutation({
    ...optimistic,
    mutationFn: (invitationId: string) => answered(client.POST("/api/v1/invitations/decline", { body: { invitationId } })),
    meta: { touches: [["offers"]] },
  });
}

export function useJoin() {
  return useMutation({
    mutationFn: (accountId: string) => answered(client.POST("/api/v1/accounts/{accountId}/join", { params: { path: { accountId } } })),
    meta: { touches: AFTER_JOINING },
  });
}
