// One order: where it stands, what every witness told, what is wrong with it and what was done.
import { useQuery } from '@tanstack/react-query';
import { Button, Descriptions, Skeleton, Tag } from 'antd';
import { Link, useParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { Refusal } from '@api/refusal';
import { fullMomentOf } from '@app/times';
import { useRules } from '@app/work/rules';
import { Unmask } from '@app/work/Unmask';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { bareKey, moneyText, payText, shownKey } from '@components/evidence';
import { Hits } from '@components/Hits';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { SeverityTag } from '@components/SeverityTag';
import { Steps } from '@components/Steps';
import { Timeline } from '@components/Timeline';

import { Deadlines, Locks } from './Around';
import styles from './orders.module.css';

export function OrderPage() {
  const { t } = useWords('orders');
  const { channel = '', shop = '', '*': order_id = '' } = useParams();
  const path = { channel, shop, order_id };
  const order = useQuery(
    api.queryOptions('get', '/api/v1/orders/{channel}/{shop}/{order_id}', { params: { path } }),
  );
  const words = useRules();
  if (order.error instanceof Refusal && order.error.status === 404) {
    return (
      <EmptyState
        text={t('gone', { id: order_id })}
        action={
          <Link to={`/orders?q=${encodeURIComponent(order_id)}`}>
            <Button>{t('look_everywhere')}</Button>
          </Link>
        }
      />
    );
  }
  if (order.error) return <ProblemNote error={order.error} onRetry={() => void order.refetch()} />;
  if (!order.data) return <Skeleton active />;
  const one = order.data;
  return (
    <div className={styles.order}>
      <header className={styles.head}>
        <h2 className="og-number">{one.order_id}</h2>
        <Tag>{t(`app:status.${one.status}`)}</Tag>
        {one.risk_severity && (
          <span>
            {t('app:kind.risk')} <SeverityTag severity={one.risk_severity} />
          </span>
        )}
        {one.health_severity && (
          <span>
            {t('app:kind.health')} <SeverityTag severity={one.health_severity} />
          </span>
        )}
        {one.held && <Tag color="error">{t('app:order.held')}</Tag>}
        {one.case_id && (
          <Link to={`/cases/${encodeURIComponent(one.case_id)}`} className={styles.case}>
            <Button>{t('to_case')}</Button>
          </Link>
        )}
      </header>
      <div className={styles.main}>
        <Panel title={t('timeline')}>
          <Timeline
            titleOf={words.titleOf}
            items={[...one.timeline, ...one.deadlines].map((entry) => ({ entry }))}
          />
        </Panel>
        <Panel title={t('alerts')} note={t('count', { n: one.alerts.length })}>
          {one.alerts.length === 0 && <EmptyState text={t('no_alerts')} />}
          {one.alerts.toReversed().map((alert) => (
            <Hits key={alert.alert_id} alert={alert} {...words} />
          ))}
        </Panel>
      </div>
      <div className={styles.side}>
        <Panel title={t('facts')} extra={<Unmask order={one} />}>
          <Facts one={one} />
        </Panel>
        <Panel title={t('deadlines')}>
          <Deadlines deadlines={one.deadlines} titleOf={words.titleOf} />
        </Panel>
        <Panel title={t('locks')}>
          <Locks order={one} />
        </Panel>
        <Panel title={t('responses')}>
          <Steps responses={one.responses} />
        </Panel>
      </div>
    </div>
  );
}

function Facts({ one }: { one: Schemas['OrderRow'] }) {
  const { t, language } = useWords('orders');
  const rows: [string, React.ReactNode][] = [
    ['shop', `${one.channel}/${one.shop}`],
    ['placed', fullMomentOf(one.placed_at, language)],
    ['amount', moneyText(one.amount, one.currency)],
    ['payment', one.payment_method && payText(one.payment_method, t)],
    ['items', <Lines key="lines" lines={one.lines} />],
    ['place', [one.province, one.city, one.district].filter(Boolean).join(' ')],
    ['tracking', [one.carrier, ...one.tracking].filter(Boolean).join(' ')],
    ['score', one.score],
  ];
  const who = one.entities.map(({ kind, key }): [string, React.ReactNode] => [
    `entity.${kind}`,
    <Link key={key} to={`/orders?q=${encodeURIComponent(bareKey(kind, key))}`} title={t('same')}>
      {shownKey(kind, key)}
    </Link>,
  ]);
  const items = [
    ...rows
      .filter(([, value]) => value !== null && value !== '')
      .map(([key, children]) => ({ key, label: t(`app:order.${key}`), children })),
    ...who.map(([key, children]) => ({ key, label: t(`app:${key}`), children })),
  ];
  return <Descriptions column={1} size="small" items={items} />;
}

function Lines({ lines }: { lines: Schemas['OrderRow']['lines'] }) {
  return (
    <ul className={styles.lines}>
      {lines.map((line, place) => (
        <li key={place}>
          {line.sku ?? line.product} × {line.quantity}{' '}
          <span className="og-note og-number">{line.unit_price}</span>
        </li>
      ))}
    </ul>
  );
}
