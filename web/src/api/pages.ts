import { useInfiniteQuery } from "@tanstack/react-query";

export type Page<Item> = { items: Item[]; next: string | null };

/**
 * A list that the API hands out page by page: `items` so far, and `more` to load the next ones, null at the end.
 * `load` gets the cursor of the page wanted (`undefined` for the first) and answers with it.
 */
export function usePages<Item>(key: readonly unknown[], load: (after: string | undefined) => Promise<Page<Item>>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items),
    error: query.error,
    refetch: query.refetch,
    loadingMore: query.isFetchingNextPage,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}
