// The orders that the case is about; what names a buyer stays masked until a reason is given.
import { Tag } from 'antd';

import type { Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useIsNarrow } from '@app/useIsNarrow';
import { Unmask } from '@app/work/Unmask';
import { useWords } from '@app/words';
import { Table } from '@components/Table';
import { moneyText, shownKey } from '@components/evidence';
import { OrderLink } from '@components/OrderLink';

import styles from './cases.module.css';

type Row = Schemas['OrderRow'];

const ROWS_MAX = 12;
const PAGES = { pageSize: ROWS_MAX, size: 'small', showSizeChanger: false } as const;

export function Orders({ orders, caseId }: { orders: readonly Row[]; caseId: string }) {
  const { t, language } = useWords('cases');
  const isNarrow = useIsNarrow();
  const itemsOf = (row: Row) =>
    row.lines.map((line) => `${line.sku ?? line.product ?? '?'} × ${line.quantity}`).join(', ');
  const place = (row: Row) => [row.city, row.district].filter(Boolean).join(' ');
  const flags = (row: Row) => (
    <>
      {t(`app:status.${row.status}`)}
      {row.held && (
        <Tag color="error" className={styles.flag}>
          {t('app:order.held')}
        </Tag>
      )}
    </>
  );
  if (isNarrow) {
    return (
      <ul className={styles.cards}>
        {orders.map((row) => (
          <li key={`${row.channel}/${row.shop}/${row.order_id}`}>
            <div>
              <OrderLink order={row} />{' '}
              <span className="og-number">{moneyText(row.amount, row.currency)}</span>
              <Unmask order={row} caseId={caseId} />
            </div>
            <div className="og-note">
              {flags(row)} · {momentOf(row.placed_at, language)} · {itemsOf(row)}
              {place(row) && <> · {place(row)}</>}
            </div>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <Table<Row>
      size="small"
      rowKey={(row) => `${row.channel}/${row.shop}/${row.order_id}`}
      dataSource={[...orders]}
      pagination={orders.length > ROWS_MAX ? PAGES : false}
      scroll={{ x: 'max-content' }}
      columns={[
        { title: t('app:order.number'), render: (_, row) => <OrderLink order={row} /> },
        { title: t('app:order.status'), render: (_, row) => flags(row) },
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
        { title: t('app:order.items'), render: (_, row) => itemsOf(row) },
        {
          title: t('app:order.buyer'),
          render: (_, row) => (row.buyer ? shownKey('buyer', row.buyer) : t('app:none')),
        },
        { title: t('app:order.place'), render: (_, row) => place(row) || t('app:none') },
        {
          title: t('masked'),
          render: (_, row) => (
            <>
              <span aria-hidden>•••</span> <Unmask order={row} caseId={caseId} />
            </>
          ),
        },
      ]}
    />
  );
}
