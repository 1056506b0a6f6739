// What the stream tells makes what was asked for old. A query that takes the batches by itself says
// `meta: { isFed: true }` and is asked for anew only after a gap.
import type { Query, QueryClient } from '@tanstack/react-query';

import { listenToBatches, listenToGaps } from './line';
import type { Batch } from './protocol';

/** Which addresses of the API tell of what. */
const ABOUT: Record<'alerts' | 'cases', readonly string[]> = {
  alerts: ['/api/v1/alerts', '/api/v1/orders', '/api/v1/metrics'],
  cases: ['/api/v1/cases'],
};

function isAbout(query: Query, prefixes: readonly string[]): boolean {
  const path = query.queryKey[1];
  if (query.meta?.isFed === true || typeof path !== 'string') return false;
  return prefixes.some((prefix) => path.startsWith(prefix));
}

export function prefixesOf(batch: Batch): string[] {
  return [
    ...(batch.alerts.length > 0 ? ABOUT.alerts : []),
    ...(batch.cases.length > 0 ? ABOUT.cases : []),
  ];
}

export function invalidateByStream(queries: QueryClient): () => void {
  const stopBatches = listenToBatches((batch) => {
    const prefixes = prefixesOf(batch);
    if (prefixes.length === 0) return;
    void queries.invalidateQueries(
      { predicate: (query) => isAbout(query, prefixes) },
      { cancelRefetch: false }, // An answer on its way is not thrown away for the next.
    );
  });
  const stopGaps = listenToGaps(() => void queries.invalidateQueries());
  return () => {
    stopBatches();
    stopGaps();
  };
}
