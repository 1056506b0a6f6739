import { useQuery } from '@tanstack/react-query';
import { Skeleton, Tag, type TableColumnsType } from 'antd';

import { api, type Schemas } from '@api/client';
import { said, useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { BringStatement } from './BringStatement';
import styles from './stock.module.css';
import { isSome, type ViewProps } from './view';

type Day = Schemas['DayMoney'];

export function Reconciliation({ set }: Pick<ViewProps, 'set'>) {
  const { t } = useWords('stock');
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/reconciliation'));
  if (error && !data) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const bring = <BringStatement onBrought={() => void refetch()} />;
  return (
    <div className={styles.page}>
      {data.ageing.length > 0 && <Ageing buckets={data.ageing} />}
      <Panel title={t('money.days')} note={t('money.days_note')} extra={bring}>
        {data.items.length === 0 ? (
          <EmptyState text={t('money.empty')} />
        ) : (
          <Days days={data.items} onOpen={(place) => set({ day: place })} />
        )}
      </Panel>
    </div>
  );
}

function Ageing({ buckets }: { buckets: Schemas['AgeBucket'][] }) {
  const { t } = useWords('stock');
  return (
    <Panel title={t('money.ageing')} note={t('money.ageing_note')}>
      <Table
        size="small"
        rowKey={(one) => `${one.currency} ${one.age}`}
        dataSource={buckets}
        pagination={false}
        columns={[
          {
            title: t('money.age'),
            key: 'age',
            render: (_, one) => t('money.age_days', { age: one.age }),
          },
          { title: t('money.orders'), dataIndex: 'orders', align: 'right' },
          {
            title: t('money.amount'),
            key: 'amount',
            align: 'right',
            render: (_, one) => `${one.amount} ${one.currency}`,
          },
        ]}
      />
    </Panel>
  );
}

function Days({ days, onOpen }: { days: Day[]; onOpen: (place: string) => void }) {
  const { t, language } = useWords('stock');
  const amount = (key: 'channel_amount' | 'net' | 'settled') => ({
    title: t(`money.${key}`),
    key,
    align: 'right' as const,
    render: (_: unknown, one: Day) => <span className="og-number">{one[key]}</span>,
  });
  const columns: TableColumnsType<Day> = [
    {
      title: t('money.day'),
      key: 'day',
      render: (_, one) => {
        const place = `${one.channel}/${one.shop}/${one.day}`;
        return (
          <a
            href={`?tab=money&day=${place}`}
            onClick={(event) => {
              event.preventDefault();
              onOpen(place);
            }}
          >
            {one.day}
          </a>
        );
      },
    },
    { title: t('map.shop'), key: 'shop', render: (_, one) => `${one.channel}/${one.shop}` },
    { title: t('money.currency'), dataIndex: 'currency' },
    { title: t('money.orders'), dataIndex: 'orders', align: 'right' },
    amount('channel_amount'),
    amount('net'),
    amount('settled'),
    {
      title: t('money.difference'),
      key: 'difference',
      align: 'right',
      render: (_, one) => (
        <span className={`og-number ${isSome(one.difference) ? styles.short : styles.good}`}>
          {one.difference}
        </span>
      ),
    },
    {
      title: t('money.causes'),
      key: 'causes',
      render: (_, one) =>
        one.causes.map((cause) => `${said(cause.title, language)} ${cause.orders}`).join(' · ') ||
        t('app:none'),
    },
    {
      title: t('money.signed'),
      key: 'signed',
      render: (_, { signed }) =>
        !signed ? (
          <span className="og-note">{t('money.open')}</span>
        ) : signed.changed ? (
          <Tag color="warning">{t('money.changed')}</Tag>
        ) : (
          <Tag color="success">{t('money.signed_by', { by: signed.by })}</Tag>
        ),
    },
  ];
  return (
    <Table
      size="small"
      rowKey={(one) => `${one.channel}/${one.shop}/${one.day}/${one.currency}`}
      columns={columns}
      dataSource={days}
      pagination={false}
      scroll={{ x: 'max-content' }}
    />
  );
}
