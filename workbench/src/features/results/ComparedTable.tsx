import type { TableColumnsType } from 'antd';

import { useWords } from '@app/words';
import { Table } from '@components/Table';

import { changeText, goalText, originalText, quantity, type Compared } from './measures';
import styles from './results.module.css';

export function ComparedTable({ compared }: { compared: Compared[] }) {
  const { t, language } = useWords('results');
  const value = (one: Compared, key: 'before' | 'after') =>
    quantity(one[key], one.unit, language, t);
  const number = (text: string) => <span className="og-number">{text}</span>;
  const columns: TableColumnsType<Compared> = [
    { title: t('measure.title'), key: 'name', render: (_, one) => t(`measure.${one.name}`) },
    {
      title: t('before'),
      key: 'before',
      align: 'right',
      render: (_, one) => (
        <>
          {number(value(one, 'before'))}
          {one.before_from && <span className="og-note"> {t(`from.${one.before_from}`)}</span>}
        </>
      ),
    },
    {
      title: t('after'),
      key: 'after',
      align: 'right',
      render: (_, one) => <strong>{number(value(one, 'after'))}</strong>,
    },
    {
      title: t('change'),
      key: 'change',
      align: 'right',
      render: (_, one) => number(changeText(one.difference)),
    },
    {
      title: t('goal'),
      key: 'goal',
      align: 'right',
      render: (_, one) => number(goalText(one, language, t)),
    },
    {
      title: t('met.title'),
      key: 'met',
      render: (_, { is_met: isMet }) =>
        isMet === null ? (
          <span className="og-note">{t('met.unknown')}</span>
        ) : (
          <span className={isMet ? styles.met : styles.missed}>
            {isMet ? '✓' : '✗'} {t(isMet ? 'met.yes' : 'met.no')}
          </span>
        ),
    },
    {
      title: t('original'),
      key: 'original',
      render: (_, one) =>
        one.original_before || one.original_after ? (
          <span className="og-note">{originalText(one, language)}</span>
        ) : (
          '–'
        ),
    },
  ];
  return (
    <Table
      size="small"
      rowKey="name"
      columns={columns}
      dataSource={compared}
      pagination={false}
      scroll={{ x: 'max-content' }}
    />
  );
}
