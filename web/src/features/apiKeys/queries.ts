import { useMutation } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import { usePages } from "@/api/pages";
import type { ApiKeyView, Environment, NewApiKey } from "@/api/types";

const PATH = "/api/v1/accounts/{accountId}/environments/{environmentId}/api-keys";

function keyOf({ environmentId }: Environment) {
  return ["api-keys", environmentId];
}

function pathOf({ accountId, environmentId }: Environment) {
  return { accountId, environmentId };
}

export function useApiKeys(environment: Environment) {
  return usePages<ApiKeyView>(keyOf(environment), (after) =>
    answered(client.GET(PATH, { params: { path: pathOf(environment), query: { after } } })),
  );
}

/** Its answer is the only one that holds `secret`; nothing keeps it once the dialog is closed. */
export function useCreateApiKey(environment: Environment) {
  return useMutation({
    mutationFn: (body: NewApiKey) => answered(client.POST(PATH, { params: { path: pathOf(environment) }, body })),
    gcTime: 0,
    meta: { touches: [keyOf(environment)] },
  });
}

export function useRevokeApiKey(environment: Environment) {
  return useMutation({
    mutationFn: (keyId: string) =>
      answered(client.DELETE(`${PATH}/{keyId}`, { params: { path: { ...pathOf(environment), keyId } } })),
    meta: { touches: [keyOf(environment)] },
  });
}
