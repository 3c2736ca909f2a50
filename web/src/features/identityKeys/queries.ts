import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { asApiError } from "@/api/errors";
import { isUnderWay, operationQuery } from "@/api/operations";
import type { Environment, IdentityKeyView, KeyState } from "@/api/types";
import { useEffect } from "react";

const PATH = "/api/v1/accounts/{accountId}/environments/{environmentId}/identity-keys";
const LOOK_AGAIN_MILLISECONDS = 10_000;
export type Keys = Partial<Record<KeyState, IdentityKeyView>>;

function pathOf({ accountId, environmentId }: Environment) {
  return { params: { path: { accountId, environmentId } } };
}

/** Of these the environment shows the keys, too. */
function touched({ accountId, environmentId }: Environment) {
  return [
    ["identity-keys", environmentId],
    ["environments", accountId, environmentId],
  ];
}

async function everyKey(environment: Environment): Promise<IdentityKeyView[]> {
  const all: IdentityKeyView[] = [];
  let after: string | undefined;
  do {
    const { params } = pathOf(environment);
    const page = await answered(client.GET(PATH, { params: { ...params, query: { after, limit: 100 } } }));
    all.push(...page.items);
    after = page.next ?? undefined;
  } while (after);
  return all;
}

/** Those that live by state, and all of them. Somebody else may change them meanwhile. */
export function useIdentityKeys(environment: Environment) {
  return useQuery({
    queryKey: ["identity-keys", environment.environmentId, "list"],
    queryFn: () => everyKey(environment),
    select: (all) => ({ all, keys: Object.fromEntries(all.map((key) => [key.state, key])) as Keys }),
    refetchInterval: LOOK_AGAIN_MILLISECONDS,
  });
}

export function useChecks(environment: Environment) {
  return useQuery({
    queryKey: ["identity-keys", environment.environmentId, "checks"],
    queryFn: () => answered(client.GET(`${PATH}/check`, pathOf(environment))),
    select: (checks) => checks.items,
  });
}

export function useRotation(environment: Environment) {
  const path = pathOf(environment);
  const meta = { touches: touched(environment) };
  return {
    publish: useMutation({ mutationFn: () => answered(client.POST(PATH, path)), meta }),
    check: useMutation({ mutationFn: () => answered(client.POST(`${PATH}/check`, path)), meta }),
    change: useMutation({ mutationFn: (force: boolean) => answered(client.POST(`${PATH}/switch`, { ...path, body: { force } })), meta }),
    rollBack: useMutation({ mutationFn: () => answered(client.POST(`${PATH}/rollback`, path)), meta }),
    finish: useMutation({ mutationFn: () => answered(client.POST(`${PATH}/finish`, path)), meta }),
    discard: useMutation({
      mutationFn: (identityKeyId: string) =>
        answered(client.DELETE(`${PATH}/{identityKeyId}`, { params: { path: { ...path.params.path, identityKeyId } } })),
      meta,
    }),
  };
}

/** The restart that a switch or rollback began; everything it changes is read again when it has ended. */
export function useRestart(environment: Environment, operationId: string) {
  const cache = useQueryClient();
  const query = useQuery({ ...operationQuery(operationId), enabled: operationId !== "" });
  const ended = query.data !== undefined && !isUnderWay(query.data);
  const { accountId, environmentId } = environment;
  useEffect(() => {
    if (!ended) return;
    void cache.invalidateQueries({ queryKey: ["identity-keys", environmentId] });
    void cache.invalidateQueries({ queryKey: ["environments", accountId, environmentId] });
  }, [ended, cache, accountId, environmentId]);
  return { ...query, underWay: operationId !== "" && !ended && !query.error };
}

/** Why deployments keep us from switching; empty for every other error. */
export function refusals(error: Error | null): { uri: string; message: string }[] {
  if (!error || asApiError(error).code !== "next_key_not_accepted") return [];
  const { deployments } = asApiError(error).details;
  return Array.isArray(deployments) ? (deployments as { uri: string; message: string }[]) : [];
}
