import { useInfiniteQuery, type InfiniteData } from "@tanstack/react-query";

const AGAIN_MILLISECONDS = 1000;
const FEW_PAGES = 3;

export type Page<Item> = { items: Item[]; next: string | null };

/**
 * A list that the API hands out page by page: `items` so far, and `more` to load the next ones, null at the end.
 * `load` gets the cursor of the page wanted (`undefined` for the first) and answers with it. While `moving` is true of
 * the items, and they are few, they are looked at again every second.
 */
export function usePages<Item>(
  key: readonly unknown[],
  load: (after: string | undefined) => Promise<Page<Item>>,
  moving: (items: Item[]) => boolean = () => false,
) {
  const query = useInfiniteQuery<Page<Item>, Error, InfiniteData<Page<Item>>, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      data && data.pages.length <= FEW_PAGES && moving(data.pages.flatMap((page) => page.items)) ? AGAIN_MILLISECONDS : false,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items),
    error: query.error,
    refetch: query.refetch,
    loadingMore: query.isFetchingNextPage,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}
