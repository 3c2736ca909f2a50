import { useMutation, useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";
import type { EnvironmentStatus } from "@/api/types";

const LOOK_AGAIN_MILLISECONDS = 5000;
export const MOST = 100;

/** The first hundred, kept fresh. */
export function useRunners() {
  return useQuery({
    queryKey: ["runners"],
    queryFn: () => answered(client.GET("/api/v1/runners", { params: { query: { limit: MOST } } })),
    refetchInterval: LOOK_AGAIN_MILLISECONDS,
    select: (page) => page.items,
  });
}

export function useDrain() {
  return useMutation({
    mutationFn: ({ runnerId, draining }: { runnerId: string; draining: boolean }) =>
      answered(client.PATCH("/api/v1/runners/{runnerId}", { params: { path: { runnerId } }, body: { draining } })),
    meta: { touches: [["runners"]] },
  });
}

export type EnvironmentFilters = { status: string; runner: string; text: string };

export function useAllEnvironments({ status, runner, text }: EnvironmentFilters) {
  return usePages(["all-environments", status, runner, text], (after) =>
    answered(
      client.GET("/api/v1/environments", {
        params: {
          query: { after, limit: MOST, ...(status && { status: status as EnvironmentStatus }), ...(runner && { runner }), ...(text && { text }) },
        },
      }),
    ),
  );
}

export function useMail() {
  return usePages(["outbox"], (after) => answered(client.GET("/api/v1/outbox", { params: { query: { after, limit: 50 } } })));
}
