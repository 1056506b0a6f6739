// What an order waits for, and the stock that was set aside for it.
import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';

import { api, type Schemas } from '@api/client';
import { momentOf, spanOf } from '@app/times';
import { useNow } from '@app/useNow';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';

import styles from './orders.module.css';

interface Awaited {
  deadlines: readonly Pick<Schemas['Deadline'], 'rule' | 'occurred_at'>[];
  titleOf: (rule: string) => string;
}

export function Deadlines({ deadlines, titleOf }: Awaited) {
  const { t, language } = useWords('orders');
  const now = useNow(10_000);
  if (deadlines.length === 0) return <EmptyState text={t('no_deadlines')} />;
  return (
    <ul className={styles.around}>
      {deadlines.map((one) => {
        const left = Date.parse(one.occurred_at) - now;
        const { key, n } = spanOf(left);
        return (
          <li key={one.rule}>
            <span>{titleOf(one.rule)}</span>
            <span className="og-note og-number" title={momentOf(one.occurred_at, language)}>
              {t(left < 0 ? 'overdue' : 'due_in', { span: t(`app:span.${key}`, { n }) })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function Locks({ order }: { order: { channel: string; shop: string; order_id: string } }) {
  const { t, language } = useWords('orders');
  const { channel, shop, order_id } = order;
  const { data, error } = useQuery(
    api.queryOptions('get', '/api/v1/locks', { params: { query: { channel, shop, order_id } } }),
  );
  if (error) return <ProblemNote error={error} />;
  if (!data) return <Skeleton active paragraph={{ rows: 1 }} />;
  if (data.items.length === 0) return <EmptyState text={t('no_locks')} />;
  return (
    <ul className={styles.around}>
      {data.items.map((lock) => (
        <li key={lock.number}>
          <span>
            {lock.lines.map((line) => `${line.sku} × ${line.quantity}`).join(', ')}
            {lock.mode === 'shadow' && <span className="og-note"> {t('shadow')}</span>}
          </span>
          <span className="og-note og-number">
            {momentOf(lock.locked_at, language)} ·{' '}
            {lock.end ? t(`lock_end.${lock.end}`) : t('stands')}
          </span>
        </li>
      ))}
    </ul>
  );
}
