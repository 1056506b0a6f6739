import { useQuery } from '@tanstack/react-query';
import { Button, Descriptions, Drawer, Skeleton } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { FEATURES } from '@app/feature';
import { fullMomentOf } from '@app/times';
import { said, useWords } from '@app/words';
import { subjectText } from '@components/evidence';
import { newestByRule } from '@components/Hits';
import { ProblemNote } from '@components/ProblemNote';
import { SeverityTag } from '@components/SeverityTag';

import { useRuleTitles } from './data';
import styles from './live.module.css';

const ORDERS_SHOWN_MAX = 30;
const HAS_ORDERS = FEATURES.some(({ name }) => name === 'orders');
const HAS_CASES = FEATURES.some(({ name }) => name === 'cases');

/** The alert that the address names: why it was raised, and which orders it concerns. */
export function AlertSheet() {
  const { t } = useWords('live');
  const [query, setQuery] = useSearchParams();
  const id = query.get('alert');
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/alerts/{alert_id}', {
      params: { path: { alert_id: id ?? '' } },
    }),
    enabled: id !== null,
  });
  const close = () =>
    setQuery(
      (now) => {
        now.delete('alert');
        return now;
      },
      { replace: true },
    );
  return (
    <Drawer open={id !== null} onClose={close} size="large" title={t('sheet.title')}>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && <Story alert={data} />}
    </Drawer>
  );
}

function Story({ alert }: { alert: Schemas['Alert'] }) {
  const { t, language } = useWords('live');
  const titleOf = useRuleTitles(language);
  const more = alert.order_ids.length - ORDERS_SHOWN_MAX;
  return (
    <>
      <Descriptions
        size="small"
        column={1}
        items={[
          {
            key: 'severity',
            label: t('alerts.severity'),
            children: <SeverityTag severity={alert.severity} />,
          },
          { key: 'kind', label: t('sheet.kind'), children: t(`app:kind.${alert.kind}`) },
          {
            key: 'subject',
            label: t('sheet.subject'),
            children: subjectText(alert.subject, t),
          },
          {
            key: 'at',
            label: t('sheet.at'),
            children: fullMomentOf(alert.detected_at, language),
          },
        ]}
      />
      {HAS_CASES && <ItsCase alertId={alert.alert_id} />}
      <h3>{t('sheet.why')}</h3>
      <ul className={styles.reasons}>
        {newestByRule(alert.hits).map(({ hit, times }) => (
          <li key={hit.rule}>
            <strong>{titleOf(hit.rule)}</strong>{' '}
            {times > 1 && <span className="og-note">{t('app:evidence.times', { n: times })}</span>}
            <div>{said(hit.explanation, language)}</div>
          </li>
        ))}
      </ul>
      <h3>{t('sheet.orders', { n: alert.order_ids.length })}</h3>
      <ul className={styles.orderIds}>
        {alert.order_ids.slice(0, ORDERS_SHOWN_MAX).map((order) => {
          const place = [alert.channel, alert.shop, order].map(encodeURIComponent).join('/');
          return (
            <li key={order}>{HAS_ORDERS ? <Link to={`/orders/${place}`}>{order}</Link> : order}</li>
          );
        })}
      </ul>
      {more > 0 && <p className={styles.soft}>{t('sheet.more', { n: more })}</p>}
    </>
  );
}

/** The way to the case that people work on for it, where there is one. */
function ItsCase({ alertId }: { alertId: string }) {
  const { t } = useWords('live');
  const go = useNavigate();
  const { data } = useQuery(
    api.queryOptions('get', '/api/v1/cases', { params: { query: { alert_id: alertId } } }),
  );
  const [one] = data?.items ?? [];
  if (!one) return null;
  return (
    <Button type="primary" onClick={() => void go(`/cases/${encodeURIComponent(one.case_id)}`)}>
      {t('sheet.case')}
    </Button>
  );
}
