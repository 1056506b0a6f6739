// Whether the team keeps up with the cases that the rule would open.
import { useQuery } from '@tanstack/react-query';

import { api } from '@api/client';
import { useWords } from '@app/words';
import type { Severity } from '@components/SeverityTag';
import { aDay, heldAgainst } from './load';
import styles from './rules.module.css';

interface Props {
  /** New cases a day. */
  more: number;
  severity: Severity;
}

export function TeamLoad({ more, severity }: Props) {
  const { t } = useWords('rules');
  const { data } = useQuery({
    ...api.queryOptions('get', '/api/v1/previews/workload', {}),
    staleTime: 60_000,
  });
  if (!data) return null;
  const held = heldAgainst(more, data);
  const words = {
    n: aDay(held.n),
    more: aDay(more),
    gets: aDay(data.opened_per_day),
    decides: aDay(data.decided_per_day),
    busiest: data.busiest_day.toLocaleString(),
  };
  const figures = [
    ['more', words.more],
    ['gets', words.gets],
    ['decides', words.decides],
    ['waiting', data.waiting.toLocaleString()],
  ] as const;
  return (
    <section className={styles.load} aria-label={t('load.title')} data-held={held.kind}>
      <dl className={styles.buckets}>
        {figures.map(([key, value]) => (
          <div key={key} className={styles.bucket}>
            <dt>{t(`load.${key}`)}</dt>
            <dd className="og-number">{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.held}>{t(`load.held.${held.kind}`, words)}</p>
      <p className="og-note">
        {t('load.measured', { count: data.days, people: data.people })}
        {(severity === 'info' || severity === 'low') && ` ${t('load.mild')}`}
      </p>
    </section>
  );
}
