import { ApartmentOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Segmented, Skeleton, Tag, type TableColumnsType } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router';

import type { Schemas } from '@api/client';
import { useMay } from '@app/session';
import { said, useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { SeverityTag } from '@components/SeverityTag';
import { Table } from '@components/Table';
import styles from './rules.module.css';
import { StatusTag } from './StatusTag';
import { useRulebook } from './useRulebook';

type Row = Schemas['Row'];
const STATES = ['all', 'live', 'shadow', 'draft', 'retired'] as const;

export function RuleList() {
  const { t, language } = useWords('rules');
  const [view, setView] = useSearchParams();
  const go = useNavigate();
  const mayChange = useMay('change_rules');
  const { data, error, refetch } = useRulebook();
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const state = view.get('state') ?? 'all';
  const wanted = (view.get('q') ?? '').toLowerCase();
  const rows = data.items.filter(
    (row) =>
      (state === 'all' || row.status === state || (state === 'draft' && row.draft_by !== null)) &&
      `${row.id} ${row.title.zh} ${row.title.en}`.toLowerCase().includes(wanted),
  );
  const set = (name: string, value: string) =>
    setView(
      (known) => {
        if (value) known.set(name, value);
        else known.delete(name);
        return known;
      },
      { replace: true },
    );
  const columns: TableColumnsType<Row> = [
    {
      title: t('column.rule'),
      key: 'rule',
      render: (_, row) => (
        <>
          <Link to={`/rules/${row.id}`}>{said(row.title, language)}</Link>
          <div className="og-note">{row.id}</div>
        </>
      ),
      sorter: (a, b) => a.id.localeCompare(b.id),
    },
    {
      title: t('column.state'),
      key: 'state',
      width: 170,
      render: (_, row) => (
        <>
          <StatusTag status={row.status} />
          {row.draft_by && row.status !== 'draft' && <Tag>{t('changed')}</Tag>}
          {!row.is_on && row.status !== 'draft' && row.status !== 'retired' && (
            <Tag>{t('off')}</Tag>
          )}
        </>
      ),
    },
    {
      title: t('column.severity'),
      key: 'severity',
      width: 90,
      render: (_, row) => <SeverityTag severity={row.severity} />,
    },
    ...(['hits', 'orders', 'false_alarms'] as const).map((name) => ({
      title: t(`column.${name}`),
      key: name,
      width: 120,
      align: 'right' as const,
      className: 'og-number',
      render: (_: unknown, row: Row) => row[name].toLocaleString(),
      sorter: (a: Row, b: Row) => a[name] - b[name],
    })),
    {
      title: t('column.precision'),
      key: 'precision',
      width: 120,
      align: 'right',
      className: 'og-number',
      render: (_, row) =>
        row.precision === null ? t('app:none') : `${Math.round(row.precision * 100)} %`,
      sorter: (a, b) => (a.precision ?? -1) - (b.precision ?? -1),
    },
  ];
  const make = mayChange && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void go('/rules/new')}>
      {t('new')}
    </Button>
  );
  return (
    <>
      <div className={styles.bar}>
        <Segmented
          value={state}
          options={STATES.map((one) => ({ value: one, label: t(`state.${one}`) }))}
          onChange={(one) => set('state', one === 'all' ? '' : one)}
        />
        <Input.Search
          allowClear
          aria-label={t('search')}
          placeholder={t('search')}
          className={styles.search ?? ''}
          defaultValue={view.get('q') ?? ''}
          onChange={(event) => set('q', event.target.value)}
        />
        <span className="og-space" />
        <Button icon={<ApartmentOutlined />} onClick={() => void go('/rules/canvas')}>
          {t('canvas.title')}
        </Button>
        {make}
      </div>
      <Table
        size="small"
        rowKey="id"
        columns={columns}
        dataSource={rows}
        pagination={false}
        scroll={{ x: 760 }}
        locale={{ emptyText: <EmptyState text={t('empty')} action={make} /> }}
      />
    </>
  );
}
