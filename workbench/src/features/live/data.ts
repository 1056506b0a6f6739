// What the live screen asks for.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';

import { api, type Schemas } from '@api/client';
import { useBatches } from '@app/stream/line';
import type { Batch } from '@app/stream/protocol';
import { said, type Language } from '@app/words';

import { fed } from './series';

const PICTURE_MS = 10_000;

export function usePicture() {
  return useQuery({
    ...api.queryOptions('get', '/api/v1/live', {}),
    refetchInterval: PICTURE_MS,
  });
}

/** The newest alerts: those that were asked for, and what the stream told since. */
export function useFeed() {
  const [changed, change] = useState<readonly Schemas['Alert'][]>([]);
  const take = useCallback(({ alerts }: Batch) => {
    if (alerts.length > 0) change((known) => fed(known, alerts));
  }, []);
  useBatches(take);
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/alerts', {}),
    meta: { isFed: true },
    staleTime: Infinity,
    gcTime: 0,
  });
  const alerts = useMemo(() => data && fed(data.items, changed), [data, changed]);
  return { alerts, error, refetch };
}

/** The title of a rule by its id; the id itself while titles are on their way. */
export function useRuleTitles(language: Language): (rule: string) => string {
  const { data } = useQuery({
    ...api.queryOptions('get', '/api/v1/rules', {}),
    staleTime: 300_000,
  });
  const titles = new Map(data?.items.map((rule) => [rule.id, said(rule.title, language)]));
  return (rule) => titles.get(rule) ?? rule;
}
