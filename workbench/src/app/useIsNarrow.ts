import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 767px)';

function subscribe(reader: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener('change', reader);
  return () => query.removeEventListener('change', reader);
}

/** A telephone held upright, or a window as narrow as one. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(NARROW).matches);
}
