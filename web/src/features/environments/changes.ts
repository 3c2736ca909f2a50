import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { isUnderWay } from "@/api/operations";
import { usePages } from "@/api/pages";
import type { Environment, LimitsChange } from "@/api/types";

type Place = Pick<Environment, "accountId" | "environmentId">;
const touched = ({ accountId, environmentId }: Place) => [["environments", accountId], ["operations", "of", environmentId]] as const;

export function useOperations({ accountId, environmentId }: Place) {
  return usePages(
    ["operations", "of", environmentId],
    (after) =>
      answered(
        client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/operations", {
          params: { path: { accountId, environmentId }, query: { after } },
        }),
      ),
    (operations) => operations.some(isUnderWay),
  );
}

/**
 * What follows a change that gives the page another face is told here: what `mutate` is told is forgotten with the part
 * of the page that it was called in.
 */
type Then = (change: { operationId: string }) => void;

/** Restorable for some days; with `purge` destroyed at once. */
export function useDelete({ accountId, environmentId }: Place, then: Then) {
  return useMutation({
    onSuccess: then,
    mutationFn: (purge: boolean) =>
      answered(
        client.DELETE("/api/v1/accounts/{accountId}/environments/{environmentId}", {
          params: { path: { accountId, environmentId }, query: { purge } },
        }),
      ),
    meta: { touches: touched({ accountId, environmentId }) },
  });
}

export function useRestore({ accountId, environmentId }: Place, then: Then) {
  return useMutation({
    onSuccess: then,
    mutationFn: () =>
      answered(client.POST("/api/v1/accounts/{accountId}/environments/{environmentId}/restore", { params: { path: { accountId, environmentId } } })),
    meta: { touches: touched({ accountId, environmentId }) },
  });
}

/** Pause a running environment, or wake a paused one. */
export function useLife({ accountId, environmentId }: Place, change: "pause" | "wake", then: Then) {
  return useMutation({
    onSuccess: then,
    mutationFn: () =>
      answered(
        client.POST(`/api/v1/accounts/{accountId}/environments/{environmentId}/${change}`, { params: { path: { accountId, environmentId } } }),
      ),
    meta: { touches: touched({ accountId, environmentId }) },
  });
}

/** With its own version in the key: another one has others to go to, and so has the same one when its upgrade has ended. */
export function useVersions({ accountId, environmentId, engineVersion }: Environment) {
  return useQuery({
    queryKey: ["environments", accountId, environmentId, "versions", engineVersion],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/versions", { params: { path: { accountId, environmentId } } })),
  });
}

export function useUpgrade({ accountId, environmentId }: Place, then: Then) {
  return useMutation({
    onSuccess: then,
    mutationFn: (version: string) =>
      answered(
        client.POST("/api/v1/accounts/{accountId}/environments/{environmentId}/upgrade", {
          params: { path: { accountId, environmentId } },
          body: { version },
        }),
      ),
    meta: { touches: touched({ accountId, environmentId }) },
  });
}

export function useReadOnly({ accountId, environmentId }: Place) {
  return useMutation({
    mutationFn: (readOnly: boolean) =>
      answered(
        client.PATCH("/api/v1/accounts/{accountId}/environments/{environmentId}", {
          params: { path: { accountId, environmentId } },
          body: { readOnly },
        }),
      ),
    meta: { touches: [["environments", accountId]] },
  });
}

export function useLimits({ accountId, environmentId }: Place) {
  return useQuery({
    queryKey: ["limits", environmentId],
    queryFn: () =>
      answered(client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/limits", { params: { path: { accountId, environmentId } } })),
  });
}

export function useChangeLimits({ accountId, environmentId }: Place) {
  return useMutation({
    mutationFn: (body: LimitsChange) =>
      answered(
        client.PATCH("/api/v1/accounts/{accountId}/environments/{environmentId}/limits", {
          params: { path: { accountId, environmentId } },
          body,
        }),
      ),
    meta: { touches: [...touched({ accountId, environmentId }), ["limits", environmentId]] },
  });
}
