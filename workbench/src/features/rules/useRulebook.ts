// All rules with their counts, which are asked for anew while somebody looks.
import { useQuery } from '@tanstack/react-query';

import { api } from '@api/client';

const COUNTS_MS = 5_000;

export const RULEBOOK = api.queryOptions('get', '/api/v1/rulebook');

export function useRulebook() {
  return useQuery({ ...RULEBOOK, refetchInterval: COUNTS_MS });
}
