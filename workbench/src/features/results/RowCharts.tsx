import { useMemo } from 'react';

import { useColours } from '@app/theme';
import { useWords } from '@app/words';
import { Chart } from '@components/Chart';
import { Panel } from '@components/Panel';

import { percent, type Row } from './measures';
import styles from './results.module.css';

const HEIGHT = 210;

/** Orders with those found anomalous, and the shares that matter: as curves, or a table. */
export function RowCharts({ rows }: { rows: readonly Row[] }) {
  const { t } = useWords('results');
  const orders = useOptions(
    rows,
    [
      { name: t('orders'), of: ({ figures }) => figures.orders },
      { name: t('flagged'), of: ({ figures }) => figures.flagged },
    ],
    'bar',
  );
  const shares = useOptions(
    rows,
    [
      { name: t('measure.recognised'), of: ({ figures }) => figures.recognised },
      { name: t('measure.person'), of: ({ figures }) => figures.person_share },
      { name: t('measure.wrong'), of: ({ figures }) => figures.wrong_share },
    ],
    'line',
  );
  return (
    <div className={styles.charts}>
      <Panel title={t('chart.orders')}>
        <Chart label={t('chart.orders')} height={HEIGHT} {...orders} />
      </Panel>
      <Panel title={t('chart.shares')}>
        <Chart label={t('chart.shares')} height={HEIGHT} {...shares} />
      </Panel>
    </div>
  );
}

interface Series {
  name: string;
  of: (row: Row) => number | null;
}

function useOptions(rows: readonly Row[], series: readonly Series[], type: 'bar' | 'line') {
  const { t } = useWords('results');
  const colours = useColours();
  return useMemo(() => {
    const isShare = type === 'line';
    const shown = (value: number | null) => (isShare ? percent(value) : String(value ?? '–'));
    const line = { lineStyle: { color: colours.line } };
    return {
      option: {
        tooltip: {
          trigger: 'axis',
          valueFormatter: (value: number | null) => shown(value ?? null),
        },
        legend: { top: 0, left: 0, textStyle: { color: colours.inkSoft }, itemHeight: 8 },
        grid: { left: 48, right: 12, top: 32, bottom: 24 },
        xAxis: { type: 'category', data: rows.map(({ name }) => name), axisLine: line },
        yAxis: {
          type: 'value',
          splitLine: line,
          axisLabel: isShare ? { formatter: (value: number) => `${value * 100} %` } : {},
          ...(isShare ? { max: 1 } : {}),
        },
        series: series.map(({ name, of }) => ({
          name,
          type,
          barMaxWidth: 24,
          connectNulls: true,
          symbolSize: 5,
          data: rows.map(of),
        })),
      },
      table: {
        columns: [t('name'), ...series.map(({ name }) => name)],
        rows: rows.map((row) => [row.name, ...series.map(({ of }) => shown(of(row)))]),
      },
    };
    // The series are made anew at each turn, from the same rows and words.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, type, colours, t]);
}
