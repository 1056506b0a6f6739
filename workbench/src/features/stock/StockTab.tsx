import { useQuery } from '@tanstack/react-query';
import { Checkbox, Input, Skeleton, type TableColumnsType } from 'antd';

import { api, type Schemas } from '@api/client';
import { fullMomentOf, momentOf, numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { Pager } from './Pager';
import styles from './stock.module.css';
import { lastsText, type ViewProps } from './view';

type Sku = Schemas['SkuStock'];

export function StockTab({ view, set }: ViewProps) {
  const { t } = useWords('stock');
  const sku = view.get('sku') ?? '';
  const isShort = view.get('short') === '1';
  const cursor = view.get('after');
  const query = {
    ...(sku ? { sku } : {}),
    ...(isShort ? { short: true } : {}),
    ...(cursor ? { cursor } : {}),
  };
  const { data, error, refetch } = useQuery(
    api.queryOptions('get', '/api/v1/stock', { params: { query } }),
  );
  return (
    <>
      <div className={styles.bar}>
        <Input.Search
          key={sku}
          aria-label={t('sku.search')}
          placeholder={t('sku.search')}
          defaultValue={sku}
          allowClear
          onSearch={(value) => set({ sku: value.trim() === '' ? null : value.trim(), after: null })}
          style={{ maxWidth: 300 }}
        />
        <Checkbox
          checked={isShort}
          onChange={({ target }) => set({ short: target.checked ? '1' : null, after: null })}
        >
          {t('sku.only_short')}
        </Checkbox>
      </div>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data?.items.length === 0 && (
        <EmptyState text={t(isShort ? 'sku.none_short' : sku ? 'sku.unknown' : 'sku.empty')} />
      )}
      {data && data.items.length > 0 && <Skus items={data.items} />}
      {data && <Pager cursor={cursor} next={data.next_cursor} set={set} />}
    </>
  );
}

function Skus({ items }: { items: Sku[] }) {
  const { t, language } = useWords('stock');
  const number = (key: string, of: (one: Sku) => number | null) => ({
    title: t(`sku.${key}`),
    key,
    align: 'right' as const,
    render: (_: unknown, one: Sku) => {
      const value = of(one);
      return (
        <span className="og-number">{value === null ? '–' : numberOf(value, language)}</span>
      );
    },
  });
  const columns: TableColumnsType<Sku> = [
    { title: t('sku.sku'), dataIndex: 'sku' },
    number('available', (one) => one.available),
    number('shippable', (one) => one.shippable),
    number('paid', (one) => one.paid),
    number('held', (one) => one.held),
    number('sold', (one) => one.sold_1h),
    {
      title: t('sku.lasts'),
      key: 'lasts',
      align: 'right',
      render: (_, one) => lastsText(one.zero_in_s, t),
    },
    {
      title: t('sku.short'),
      key: 'short',
      render: (_, one) =>
        one.short > 0 ? (
          <span className={styles.short}>
            {numberOf(one.short, language)}
            {one.oversold_since &&
              ` · ${t('sku.since', { at: momentOf(one.oversold_since, language) })}`}
          </span>
        ) : (
          '–'
        ),
    },
  ];
  return (
    <Table
      size="small"
      rowKey="sku"
      columns={columns}
      dataSource={items}
      pagination={false}
      scroll={{ x: 'max-content' }}
      expandable={{ expandedRowRender: (one) => <Inside sku={one} /> }}
    />
  );
}

function Inside({ sku }: { sku: Sku }) {
  const { t, language } = useWords('stock');
  const count = (value: number | null) => (value === null ? '–' : numberOf(value, language));
  return (
    <>
      <Table
        size="small"
        rowKey={(one) => one.warehouse ?? ''}
        dataSource={sku.warehouses}
        pagination={false}
        columns={[
          { title: t('house.name'), key: 'name', render: (_, one) => one.warehouse ?? '–' },
          { title: t('sku.available'), align: 'right', render: (_, one) => count(one.available) },
          { title: t('house.on_hand'), align: 'right', render: (_, one) => count(one.on_hand) },
          { title: t('house.locked'), align: 'right', render: (_, one) => count(one.locked) },
          { title: t('sku.held'), align: 'right', render: (_, one) => count(one.held) },
          { title: t('house.moved'), align: 'right', render: (_, one) => count(one.moved_since) },
          {
            title: t('house.told'),
            render: (_, one) => (one.told_at ? fullMomentOf(one.told_at, language) : '–'),
          },
        ]}
      />
      {sku.unfulfilled.length > 0 && (
        <>
          <h3>{t('sku.oversold', { count: sku.unfulfilled.length })}</h3>
          <ul className={styles.list}>
            {sku.unfulfilled.map((one) => (
              <li key={`${one.channel}/${one.shop}/${one.order_id}`}>
                {one.channel}/{one.shop} · {one.order_id}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
