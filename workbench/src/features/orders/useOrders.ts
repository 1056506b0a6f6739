// Pages of orders. The server looks through so many at a time: a page may have few, and then the
// next is asked for by itself, up to a bound.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { client } from '@api/client';

import type { Wanted } from './search';

const ENOUGH = 40;
const PAGES_MAX = 15;

export function useOrders(wanted: Wanted) {
  const found = useInfiniteQuery({
    queryKey: ['get', '/api/v1/orders', wanted],
    meta: { isFed: true }, // A list that moved under its reader would be no help.
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = pageParam ? { ...wanted, cursor: pageParam } : wanted;
      const { data } = await client.GET('/api/v1/orders', { params: { query }, signal });
      return data ?? { items: [], next_cursor: null, looked_at: 0 };
    },
    getNextPageParam: (page) => page.next_cursor,
  });
  const pages = found.data?.pages ?? [];
  const orders = pages.flatMap((page) => page.items);
  const lookedAt = pages.reduce((sum, page) => sum + page.looked_at, 0);
  const last = pages.at(-1);
  // The last page was short, and all are few: there may be more further back.
  const goesOn =
    found.hasNextPage && orders.length < ENOUGH && pages.length % PAGES_MAX !== 0 && !found.error;
  const { fetchNextPage, isFetching } = found;
  useEffect(() => {
    if (goesOn && !isFetching && last) void fetchNextPage();
  }, [goesOn, isFetching, last, fetchNextPage]);
  return { ...found, orders, lookedAt };
}
