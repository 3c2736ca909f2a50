import { useQueryClient, type QueryClient, type QueryKey } from "@tanstack/react-query";

/** What a change makes of what is known under this key; nothing where that has not been read yet. */
export type Shown = { queryKey: QueryKey; update: (known: unknown) => unknown };
type Before = [QueryKey, unknown][];

export function shown<Known>(queryKey: QueryKey, update: (known: Known) => Known): Shown {
  return { queryKey, update: (known) => update(known as Known) };
}

/**
 * For changes that hardly fail, hurt nobody while they are not yet true, and are undone by showing what was there: the
 * outcome is shown at once, and taken back when the API refuses. The refusal is told by whoever asked for the change.
 * Not for rights, keys and switches that people rely on: those are shown when they are true.
 */
export function useOptimistic<Variables>(shows: (variables: Variables) => Shown[]) {
  const cache = useQueryClient();
  return {
    onMutate: (variables: Variables) => show(cache, shows(variables)),
    onError: (_: Error, variables: Variables, before: Before | undefined) => {
      for (const [key, data] of before ?? []) cache.setQueryData(key, data);
      // What was on its way when it began was given up.
      for (const { queryKey } of shows(variables)) void cache.invalidateQueries({ queryKey, exact: true });
    },
  };
}

async function show(cache: QueryClient, changes: Shown[]): Promise<Before> {
  // An answer from before the change would undo it on the page.
  await Promise.all(changes.map(({ queryKey }) => cache.cancelQueries({ queryKey, exact: true })));
  const before = changes.map(({ queryKey }): Before[number] => [queryKey, cache.getQueryData(queryKey)]);
  for (const { queryKey, update } of changes)
    cache.setQueryData(queryKey, (known: unknown) => (known === undefined ? undefined : update(known)));
  return before;
}
