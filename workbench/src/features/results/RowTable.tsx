import type { TableColumnsType } from 'antd';

import { momentOf, numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Table } from '@components/Table';

import { percent, quantity, sumsOf, type Row } from './measures';

interface Props {
  rows: Row[];
  total: Row;
  by: 'day' | 'sale' | 'shop';
}

export function RowTable({ rows, total, by }: Props) {
  const { t, language } = useWords('results');
  if (rows.length === 0) return <EmptyState text={t(`empty.${by}`)} />;
  const column = (key: string, of: (row: Row) => string) => ({
    title: t(key),
    key,
    align: 'right' as const,
    render: (_: unknown, row: Row) => <span className="og-number">{of(row)}</span>,
  });
  const count = (value: number) => numberOf(value, language);
  const columns: TableColumnsType<Row> = [
    {
      title: t('name'),
      key: 'name',
      render: (_, row) => {
        if (row === total) return <strong>{t('total')}</strong>;
        if (by !== 'sale') return row.name;
        const times = `${momentOf(row.since, language)} – ${momentOf(row.until, language)}`;
        return (
          <>
            {row.name} <span className="og-note">{times}</span>
          </>
        );
      },
    },
    column('orders', ({ figures }) => count(figures.orders)),
    column('flagged', ({ figures }) => count(figures.flagged)),
    column('measure.recognised', ({ figures }) => percent(figures.recognised)),
    column('measure.person', ({ figures }) => percent(figures.person_share)),
    column('measure.handling', ({ figures }) =>
      quantity(figures.handling_median_s, 's', language, t),
    ),
    column('measure.wrong', ({ figures }) => percent(figures.wrong_share)),
    column('avoided', ({ figures }) => {
      const found = sumsOf(figures.loss_avoided);
      return found.map(({ amount, currency }) => `${amount} ${currency}`).join(', ') || '–';
    }),
    column(
      'faults',
      ({ figures }) =>
        [figures.mended_alone, figures.mended_person, figures.unmended].map(count).join(' / '),
    ),
  ];
  return (
    <Table
      size="small"
      rowKey={(row) => (row === total ? ' total' : row.name)}
      columns={columns}
      dataSource={[...rows, total]}
      pagination={false}
      scroll={{ x: 'max-content' }}
    />
  );
}
