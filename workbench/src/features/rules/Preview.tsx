// What the condition would have caught, while it is being written.
import { useQuery } from '@tanstack/react-query';
import { Progress, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';

import { api, type Schemas } from '@api/client';
import { useColours } from '@app/theme';
import { said, useWords } from '@app/words';
import { Chart } from '@components/Chart';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';
import { nameOf, useValues } from './catalogue';
import { Curve } from './Curve';
import { TeamLoad } from './TeamLoad';
import type { Editing } from './useEditing';
import styles from './rules.module.css';

type Result = NonNullable<Schemas['Previewed']['preview']>;
const OUTCOMES = ['confirmed', 'returned', 'stopped', 'good', 'open'] as const;

export function Preview({ id, editing }: { id: string; editing: Editing }) {
  const { t } = useWords('rules');
  const { text, features, parsed } = editing;
  const tunable = parsed?.comparisons ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const tuned = tunable.find((one) => one.name === chosen) ?? tunable[0];
  const isRight = parsed !== null && parsed.problems.length === 0;
  const { data, error } = useQuery({
    ...api.queryOptions('post', '/api/v1/previews', {
      body: {
        when: text.when,
        subject: text.subject,
        features,
        tune: tuned?.at ?? null,
        rule: id,
      },
    }),
    enabled: isRight,
    placeholderData: (known) => known,
    refetchInterval: (query) => (query.state.data?.state === 'reading' ? 700 : false),
    staleTime: 10_000,
  });
  const found = data?.preview;
  return (
    <Panel
      title={t('preview.title')}
      note={
        found && t('preview.took', { judged: found.judged.toLocaleString(), ms: found.took_ms })
      }
    >
      {error ? (
        <ProblemNote error={error} />
      ) : !text.when.trim() ? (
        <EmptyState text={t('preview.nothing')} />
      ) : data?.state === 'reading' ? (
        <div className={styles.reading}>
          <Progress percent={Math.round(data.done * 100)} aria-label={t('preview.reading')} />
          <span className="og-note">{t('preview.reading')}</span>
        </div>
      ) : data && !found ? (
        <EmptyState text={t('preview.empty')} />
      ) : found ? (
        <div className={isRight ? '' : styles.stale} aria-live="polite">
          <Buckets found={found} />
          <TeamLoad more={found.new_cases_per_day} severity={text.severity} />
          {tuned && (
            <Curve
              found={found}
              tunable={tunable}
              tuned={tuned}
              text={text.when}
              onChoose={setChosen}
              onTune={editing.changeWhen}
            />
          )}
          <Days found={found} />
          <Overlap found={found} />
          <Top found={found} />
        </div>
      ) : (
        <Skeleton active />
      )}
    </Panel>
  );
}

function Buckets({ found }: { found: Result }) {
  const { t } = useWords('rules');
  const cell = (key: string, label: string, value: string) => (
    <div key={key} className={styles.bucket} data-outcome={key}>
      <dt>
        {key !== 'caught' && <span className={styles.swatch} />}
        {label}
      </dt>
      <dd className="og-number">{value}</dd>
    </div>
  );
  return (
    <dl className={styles.buckets}>
      {cell('caught', t('preview.orders'), found.orders.toLocaleString())}
      {OUTCOMES.map((one) =>
        cell(one, t(`outcome.${one}`), (found.outcomes[one] ?? 0).toLocaleString()),
      )}
    </dl>
  );
}

function Days({ found }: { found: Result }) {
  const { t } = useWords('rules');
  const colours = useColours();
  const option = useMemo(() => {
    const fill = {
      confirmed: colours.outcomeConfirmed,
      returned: colours.outcomeReturned,
      stopped: colours.outcomeStopped,
      good: colours.outcomeGood,
      open: colours.outcomeOpen,
    };
    return {
      grid: { left: 40, right: 8, top: 48, bottom: 24 },
      legend: {
        top: 0,
        left: 0,
        width: '80%',
        icon: 'roundRect',
        itemWidth: 12,
        itemHeight: 8,
        textStyle: { color: colours.inkSoft },
      },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'category', data: found.days.map((one) => one.day.slice(5)) },
      yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: colours.line } } },
      series: OUTCOMES.map((name) => ({
        type: 'bar',
        stack: 'day',
        barMaxWidth: 28,
        name: t(`outcome.${name}`),
        itemStyle: { color: fill[name] },
        data: found.days.map((one) => one.outcomes[name] ?? 0),
      })),
    };
  }, [found, colours, t]);
  if (found.days.length === 0) return null;
  return (
    <Chart
      height={190}
      label={t('preview.per_day')}
      option={option}
      table={{
        columns: [
          t('preview.day'),
          ...OUTCOMES.map((one) => t(`outcome.${one}`)),
          t('preview.cases'),
        ],
        rows: found.days.map((one) => [
          one.day,
          ...OUTCOMES.map((name) => one.outcomes[name] ?? 0),
          one.cases,
        ]),
      }}
    />
  );
}

function Overlap({ found }: { found: Result }) {
  const { t, language } = useWords('rules');
  const { data } = useQuery(api.queryOptions('get', '/api/v1/rulebook'));
  const titles = new Map(data?.items.map((one) => [one.id, said(one.title, language)]));
  if (found.orders === 0) return null;
  const others = Object.entries(found.overlap);
  return (
    <div className={styles.overlap}>
      <span>{t('preview.alone', { n: found.alone.toLocaleString() })}</span>
      {others.length > 0 && <span>{t('preview.overlap')}</span>}
      {others
        .slice(0, 6)
        .map(([rule, orders]) => (
          <Link key={rule} to={`/rules/${rule}`}>
            {titles.get(rule) ?? rule} <span className="og-number">{orders.toLocaleString()}</span>
          </Link>
        ))}
    </div>
  );
}

function Top({ found }: { found: Result }) {
  const { t, language } = useWords('rules');
  const { operands } = useValues();
  if (found.top.length === 0) return null;
  const names = Object.keys(found.top[0]?.values ?? {}).filter((name) => name !== 'order.amount');
  return (
    <Table
      size="small"
      rowKey={(row) => `${row.channel}/${row.shop}/${row.order_id}`}
      pagination={{ pageSize: 5, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: true }}
      dataSource={found.top}
      columns={[
        {
          title: t('preview.order'),
          key: 'order',
          render: (_, row) => (
            <Link to={`/orders/${row.channel}/${row.shop}/${encodeURIComponent(row.order_id)}`}>
              {row.order_id}
            </Link>
          ),
        },
        {
          title: t('preview.amount'),
          dataIndex: 'amount',
          align: 'right',
          className: 'og-number',
        },
        {
          title: t('preview.outcome'),
          key: 'outcome',
          render: (_, row) => t(`outcome.${row.outcome}`),
        },
        ...names.map((name) => ({
          title: nameOf(operands, name, language),
          key: name,
          align: 'right' as const,
          className: 'og-number',
          render: (_: unknown, row: Result['top'][number]) => String(row.values[name] ?? ''),
        })),
      ]}
    />
  );
}
