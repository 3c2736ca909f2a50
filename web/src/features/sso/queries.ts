import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";
import type { ConnectionChange, ConnectionView, DomainChange, NewConnection } from "@/api/types";

const MOST = 100;

/** Connections of an account, or of the whole plane where `accountId` is null. */
export function useConnections(accountId: string | null) {
  return usePages(["sso-connections", accountId], (after) =>
    accountId === null
      ? answered(client.GET("/api/v1/sso-providers", { params: { query: { after, limit: MOST } } }))
      : answered(client.GET("/api/v1/accounts/{accountId}/sso-connections", { params: { path: { accountId }, query: { after, limit: MOST } } })),
  );
}

export function useConnect(accountId: string | null) {
  return useMutation({
    mutationFn: (body: NewConnection) =>
      accountId === null
        ? answered(client.POST("/api/v1/sso-providers", { body }))
        : answered(client.POST("/api/v1/accounts/{accountId}/sso-connections", { params: { path: { accountId } }, body })),
    meta: { touches: [["sso-connections", accountId]] },
  });
}

type Changing = { connection: ConnectionView; change: ConnectionChange };

export function useChangeConnection(accountId: string | null) {
  return useMutation({
    mutationFn: ({ connection: { connectionId, provider }, change: body }: Changing) =>
      accountId === null
        ? answered(client.PATCH("/api/v1/sso-providers/{provider}", { params: { path: { provider } }, body }))
        : answered(
            client.PATCH("/api/v1/accounts/{accountId}/sso-connections/{connectionId}", { params: { path: { accountId, connectionId } }, body }),
          ),
    meta: { touches: [["sso-connections", accountId]] },
  });
}

/** `onDone` is called though the connection is no longer shown by then. */
export function useDisconnect(accountId: string | null, onDone: () => void) {
  return useMutation({
    mutationFn: ({ connectionId, provider }: ConnectionView) =>
      accountId === null
        ? answered(client.DELETE("/api/v1/sso-providers/{provider}", { params: { path: { provider } } }))
        : answered(client.DELETE("/api/v1/accounts/{accountId}/sso-connections/{connectionId}", { params: { path: { accountId, connectionId } } })),
    onSuccess: onDone,
    meta: { touches: [["sso-connections", accountId]] },
  });
}

export function useDomains(accountId: string) {
  return useQuery({
    queryKey: ["domains", accountId],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/domains", { params: { path: { accountId }, query: { limit: MOST } } })),
    select: (page) => page.items,
  });
}

export function useClaim(accountId: string) {
  return useMutation({
    mutationFn: (domain: string) =>
      answered(client.POST("/api/v1/accounts/{accountId}/domains", { params: { path: { accountId } }, body: { domain } })),
    meta: { touches: [["domains", accountId]] },
  });
}

export function useVerify(accountId: string) {
  return useMutation({
    mutationFn: (domain: string) =>
      answered(client.POST("/api/v1/accounts/{accountId}/domains/{domain}/verify", { params: { path: { accountId, domain } } })),
    meta: { touches: [["domains", accountId]] },
  });
}

export function useChangeDomain(accountId: string) {
  return useMutation({
    mutationFn: ({ domain, change }: { domain: string; change: DomainChange }) =>
      answered(client.PATCH("/api/v1/accounts/{accountId}/domains/{domain}", { params: { path: { accountId, domain } }, body: change })),
    meta: { touches: [["domains", accountId]] },
  });
}

/** `onDone` is called though the domain is no longer shown by then. */
export function useGiveUp(accountId: string, onDone: () => void) {
  return useMutation({
    mutationFn: (domain: string) =>
      answered(client.DELETE("/api/v1/accounts/{accountId}/domains/{domain}", { params: { path: { accountId, domain } } })),
    onSuccess: onDone,
    meta: { touches: [["domains", accountId]] },
  });
}
