import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import { asApiError } from "./errors";
import type { Operation } from "./types";

const UNDER_WAY = new Set<Operation["status"]>(["PENDING", "RUNNING"]);
const LOOK_AGAIN_MILLISECONDS = 500;

export function isUnderWay(operation: Operation): boolean {
  return UNDER_WAY.has(operation.status);
}

/** A long change, looked at again twice a second until it has ended, or is none of ours. */
export function operationQuery(operationId: string) {
  return queryOptions({
    queryKey: ["operations", operationId],
    queryFn: () => answered(client.GET("/api/v1/operations/{operationId}", { params: { path: { operationId } } })),
    refetchInterval: ({ state: { data, error } }) => {
      const over = error ? !asApiError(error).passes : data && !isUnderWay(data);
      return over ? false : LOOK_AGAIN_MILLISECONDS;
    },
  });
}
