// How old what is seen here is: the stream tells something each second, so silence is told too.
import { useEffect, useState } from 'react';

import { useLine } from './stream/line';
import { useWords } from './words';

const STALE_S = 4;

export function Freshness() {
  const { t } = useWords();
  const { state, heardAt } = useLine();
  const now = useNow(1_000);
  const age = heardAt === null ? null : Math.max(0, Math.floor((now - heardAt) / 1_000));
  const isFresh = state === 'live' && age !== null && age < STALE_S;
  const kind = isFresh ? 'live' : state === 'waiting' ? 'lost' : 'stale';
  return (
    <span className="og-freshness" data-line={kind} title={t(`line.${kind}_text`)}>
      <span className="og-dot" aria-hidden />
      <span aria-live={isFresh ? 'off' : 'polite'}>
        {age === null ? t('line.connecting') : t('line.age', { count: age, n: age })}
      </span>
    </span>
  );
}

/** `performance.now()`, anew every so often. */
function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
