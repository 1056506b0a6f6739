import { Segmented, Skeleton } from 'antd';
import { Link, useSearchParams } from 'react-router';

import type { Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { said, useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { SEVERITIES, SeverityTag, type Severity } from '@components/SeverityTag';

import { useFeed, useRuleTitles } from './data';
import styles from './live.module.css';

const LEAST: readonly Severity[] = ['info', 'medium', 'high', 'critical'];

interface Props {
  className: string | undefined;
  isWall: boolean;
}

/** The last alerts, newest first; from which severity on stands in the address. */
export function AlertFeed({ className, isWall }: Props) {
  const { t } = useWords('live');
  const [query, setQuery] = useSearchParams();
  const { alerts: newest, error, refetch } = useFeed();
  const least = LEAST.find((one) => one === query.get('severity')) ?? 'info';
  const rank = SEVERITIES.indexOf(least);
  const alerts = newest?.filter((one) => SEVERITIES.indexOf(one.severity) >= rank);
  const choose = (next: Severity) =>
    setQuery(
      (now) => {
        if (next === 'info') now.delete('severity');
        else now.set('severity', next);
        return now;
      },
      { replace: true },
    );
  const filter = (
    <Segmented
      size="small"
      aria-label={t('feed.filter')}
      value={least}
      onChange={choose}
      options={LEAST.map((value) => ({ value, label: t(`feed.${value}`) }))}
    />
  );
  return (
    <Panel title={t('feed.title')} extra={!isWall && filter} className={className}>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!alerts && !error && <Skeleton active />}
      {alerts?.length === 0 && <EmptyState text={t('feed.none')} />}
      <ol className={styles.alerts}>
        {alerts?.map((alert) => (
          <Row key={alert.alert_id} alert={alert} />
        ))}
      </ol>
    </Panel>
  );
}

function Row({ alert }: { alert: Schemas['Alert'] }) {
  const { t, language } = useWords('live');
  const titleOf = useRuleTitles(language);
  const [query] = useSearchParams();
  const to = new URLSearchParams(query);
  to.set('alert', alert.alert_id);
  const newest = alert.hits.at(-1);
  return (
    <li className={styles.alert} data-severity={alert.severity}>
      <Link to={{ search: `?${to}` }} replace>
        <span className={styles.alertHead}>
          <SeverityTag severity={alert.severity} />
          <strong>{titleOf(newest?.rule ?? alert.rules[0] ?? '')}</strong>
          <span className={styles.when}>{momentOf(alert.detected_at, language)}</span>
        </span>
        <span className={styles.alertText}>
          {newest && said(newest.explanation, language)}
          <span className={styles.soft}>
            {' '}
            {t('feed.orders', { count: alert.order_ids.length, n: alert.order_ids.length })} ·{' '}
            {alert.channel}/{alert.shop}
          </span>
        </span>
      </Link>
    </li>
  );
}
