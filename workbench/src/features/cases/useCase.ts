// One case with what is around it, kept up to date by what the stream tells of it alone.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';

import { api, type Schemas } from '@api/client';
import { useBatches } from '@app/stream/line';
import type { Batch } from '@app/stream/protocol';

export type CaseDetail = Schemas['CaseDetail'];
export type Scene = Schemas['Scene'];

export function useCase(caseId: string) {
  const queries = useQueryClient();
  const params = { path: { case_id: caseId } };
  const detail = useQuery({
    ...api.queryOptions('get', '/api/v1/cases/{case_id}', { params }),
    meta: { isFed: true },
  });
  const scene = useQuery({
    ...api.queryOptions('get', '/api/v1/cases/{case_id}/scene', { params }),
    meta: { isFed: true },
  });
  const alertIds = detail.data?.alert_ids;
  const refresh = useCallback(
    () =>
      queries.invalidateQueries({
        predicate: ({ queryKey: [, path, init] }) =>
          typeof path === 'string' &&
          path.startsWith('/api/v1/cases/{case_id}') &&
          JSON.stringify(init).includes(JSON.stringify(caseId)),
      }),
    [queries, caseId],
  );
  // What is told while the first answers are on their way may be newer than they are.
  const isThere = detail.data !== undefined && scene.data !== undefined;
  const isBehind = useRef(false);
  useEffect(() => {
    if (!isThere || !isBehind.current) return;
    isBehind.current = false;
    void refresh();
  }, [isThere, refresh]);
  useBatches(
    useCallback(
      (batch: Batch) => {
        if (!isThere) isBehind.current = true;
        const isAbout =
          batch.cases.some((one) => one.case_id === caseId || one.merged_into === caseId) ||
          batch.alerts.some((one) => alertIds?.includes(one.alert_id));
        if (isAbout) void refresh();
      },
      [alertIds, caseId, isThere, refresh],
    ),
  );
  return { detail, scene, refresh };
}
