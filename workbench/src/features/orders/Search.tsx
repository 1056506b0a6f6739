// Orders, by anything that somebody may have of them.
import { SearchOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, Select, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';

import type { Schemas } from '@api/client';
import { momentOf, numberOf } from '@app/times';
import { useIsNarrow } from '@app/useIsNarrow';
import { useRules } from '@app/work/rules';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Table } from '@components/Table';
import { moneyText, shownKey } from '@components/evidence';
import { OrderLink } from '@components/OrderLink';
import { ProblemNote } from '@components/ProblemNote';
import { SEVERITIES, SeverityTag, type Severity } from '@components/SeverityTag';

import styles from './orders.module.css';
import { readWanted, STATUSES, writeWanted, type Wanted } from './search';
import { useOrders } from './useOrders';

type Row = Schemas['OrderRow'];

export function Search() {
  const { t, language } = useWords('orders');
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  const wanted = useMemo(() => readWanted(new URLSearchParams(text)), [text]);
  const look = (next: Partial<Wanted>) => setQuery(writeWanted({ ...wanted, ...next }));
  const found = useOrders(wanted);
  const isNarrow = useIsNarrow();
  const looked = numberOf(found.lookedAt, language);
  return (
    <div className={styles.page}>
      <Filters key={wanted.q ?? ''} wanted={wanted} onLook={look} />
      {found.error && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {!found.isFetching && found.orders.length === 0 && !found.error ? (
        <EmptyState
          text={t(text ? 'none_found' : 'none', { n: looked })}
          action={
            found.hasNextPage ? (
              <Button onClick={() => void found.fetchNextPage()}>{t('further')}</Button>
            ) : (
              text && <Button onClick={() => setQuery({})}>{t('show_all')}</Button>
            )
          }
        />
      ) : (
        <>
          {isNarrow ? (
            <Cards rows={found.orders} />
          ) : (
            <Rows rows={found.orders} isBusy={found.isFetching} />
          )}
          <p className={styles.foot}>
            <span className="og-note og-number" aria-live="polite">
              {t(found.isFetching ? 'looking' : 'found', {
                n: numberOf(found.orders.length, language),
                looked,
              })}
            </span>
            {found.hasNextPage && (
              <Button loading={found.isFetching} onClick={() => void found.fetchNextPage()}>
                {t('more')}
              </Button>
            )}
          </p>
        </>
      )}
    </div>
  );
}

function Filters({ wanted, onLook }: { wanted: Wanted; onLook: (next: Partial<Wanted>) => void }) {
  const { t } = useWords('orders');
  const { rules, titleOf } = useRules();
  const [text, setText] = useState(wanted.q ?? '');
  const atLeast = SEVERITIES.slice(1).map((value: Severity) => ({
    value,
    label: (
      <span>
        <SeverityTag severity={value} /> {t('and_up')}
      </span>
    ),
  }));
  const choice = (
    name: 'status' | 'risk' | 'health' | 'rule',
    label: string,
    options: { value: string; label: React.ReactNode }[],
    className = styles.choice,
  ) => (
    <Select
      className={className ?? ''}
      allowClear
      aria-label={label}
      placeholder={label}
      value={wanted[name] ?? null}
      options={options}
      showSearch={name === 'rule' ? { optionFilterProp: 'label' } : false}
      popupMatchSelectWidth={false}
      onChange={(value: string | null) => onLook({ [name]: value ?? undefined })}
    />
  );
  return (
    <search className={styles.filters} aria-label={t('filters')}>
      <Input.Search
        className={styles.search}
        allowClear
        prefix={<SearchOutlined />}
        value={text}
        placeholder={t('hint')}
        aria-label={t('search')}
        enterButton={t('search')}
        onChange={(event) => setText(event.target.value)}
        onSearch={(value) => onLook({ q: value.trim() })}
      />
      {choice('risk', t('app:order.risk'), atLeast)}
      {choice('health', t('app:order.health'), atLeast)}
      {choice(
        'status',
        t('app:order.status'),
        STATUSES.map((value) => ({ value, label: t(`app:status.${value}`) })),
      )}
      {choice(
        'rule',
        t('rule'),
        [...rules.keys()]
          .map((value) => ({ value, label: titleOf(value) }))
          .toSorted((a, b) => a.label.localeCompare(b.label)),
        styles.rule,
      )}
      <Checkbox
        checked={wanted.held === true}
        onChange={(event) => onLook({ held: event.target.checked })}
      >
        {t('held_only')}
      </Checkbox>
    </search>
  );
}

function Graded({ row }: { row: Row }) {
  const { t } = useWords('orders');
  const grades = [
    ['risk', row.risk_severity],
    ['health', row.health_severity],
  ] as const;
  return (
    <span className={styles.grades}>
      {grades.map(
        ([kind, severity]) =>
          severity && (
            <span key={kind} className={styles.grade}>
              <span className="og-note">{t(`app:kind.${kind}`)}</span>{' '}
              <SeverityTag severity={severity} />
            </span>
          ),
      )}
      {row.held && <Tag color="error">{t('app:order.held')}</Tag>}
    </span>
  );
}

function useReasons() {
  const { titleOf } = useRules();
  return (row: Row) => row.rules.map(titleOf).join(' · ');
}

function Rows({ rows, isBusy }: { rows: readonly Row[]; isBusy: boolean }) {
  const { t, language } = useWords('orders');
  const reasons = useReasons();
  return (
    <Table<Row>
      size="small"
      className={styles.table ?? ''}
      rowKey={(row) => `${row.channel}/${row.shop}/${row.order_id}`}
      dataSource={[...rows]}
      loading={isBusy && rows.length === 0}
      pagination={false}
      sticky
      scroll={{ x: 'max-content' }}
      columns={[
        { title: t('app:order.number'), render: (_, row) => <OrderLink order={row} /> },
        { title: t('app:order.status'), render: (_, row) => t(`app:status.${row.status}`) },
        { title: t('grade'), render: (_, row) => <Graded row={row} /> },
        {
          title: t('why'),
          ellipsis: true,
          width: 230,
          render: (_, row) =>
            row.case_id ? (
              <Link to={`/cases/${encodeURIComponent(row.case_id)}`}>{reasons(row)}</Link>
            ) : (
              reasons(row)
            ),
        },
        {
          title: t('app:order.amount'),
          align: 'right',
          className: 'og-number',
          render: (_, row) => moneyText(row.amount, row.currency),
        },
        {
          title: t('app:order.placed'),
          className: 'og-number',
          render: (_, row) => momentOf(row.placed_at, language),
        },
        {
          title: t('app:order.buyer'),
          render: (_, row) => (row.buyer ? shownKey('buyer', row.buyer) : t('app:none')),
        },
        {
          title: t('app:order.place'),
          render: (_, row) => [row.city, row.district].filter(Boolean).join(' ') || t('app:none'),
        },
        { title: t('app:order.shop'), render: (_, row) => `${row.channel}/${row.shop}` },
      ]}
    />
  );
}

function Cards({ rows }: { rows: readonly Row[] }) {
  const { t, language } = useWords('orders');
  const reasons = useReasons();
  return (
    <ul className={styles.cards}>
      {rows.map((row) => (
        <li key={`${row.channel}/${row.shop}/${row.order_id}`}>
          <div>
            <OrderLink order={row} />
            <span className="og-number">{moneyText(row.amount, row.currency)}</span>
          </div>
          <div>
            {t(`app:status.${row.status}`)} <Graded row={row} />
          </div>
          <div className="og-note">
            {momentOf(row.placed_at, language)} {reasons(row)}
          </div>
        </li>
      ))}
    </ul>
  );
}
