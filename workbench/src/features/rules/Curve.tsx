// One threshold: how many orders each value of it would catch.
import { Select, Slider } from 'antd';
import { useMemo } from 'react';

import type { Schemas } from '@api/client';
import { useColours } from '@app/theme';
import { useWords } from '@app/words';
import { Chart } from '@components/Chart';
import { tuned as withThreshold } from './cards';
import { nameOf, useValues } from './catalogue';
import styles from './rules.module.css';

interface Props {
  found: NonNullable<Schemas['Previewed']['preview']>;
  tunable: Schemas['Comparison'][];
  tuned: Schemas['Comparison'];
  text: string;
  onChoose: (name: string) => void;
  onTune: (text: string) => void;
}

export function Curve({ found, tunable, tuned, text, onChoose, onTune }: Props) {
  const { t, language } = useWords('rules');
  const { operands } = useValues();
  const colours = useColours();
  const curve = found.curves.find((one) => one.name === tuned.name);
  const points = useMemo(() => curve?.points ?? [], [curve]);
  const option = useMemo(() => {
    const line = (name: 'orders' | 'bad' | 'good', color: string) => ({
      type: 'line',
      step: 'end',
      symbolSize: 4,
      name: t(`curve.${name}`),
      itemStyle: { color },
      lineStyle: { color },
      data: points.map((one) => [one.value, one[name]]),
      ...(name === 'orders' && {
        markLine: {
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: colours.ink },
          data: [{ xAxis: tuned.value }],
        },
      }),
    });
    return {
      grid: { left: 40, right: 16, top: 28, bottom: 24 },
      legend: { top: 0, itemHeight: 8, textStyle: { color: colours.inkSoft } },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'value', scale: true, splitLine: { show: false } },
      yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: colours.line } } },
      series: [
        line('orders', colours.accent),
        line('bad', colours.outcomeConfirmed),
        line('good', colours.outcomeGood),
      ],
    };
  }, [points, tuned.value, colours, t]);
  const place = points.findIndex((one) => one.value === tuned.value);
  return (
    <div className={styles.curve}>
      <div className={styles.said}>
        {t('curve.title')}
        <Select
          aria-label={t('curve.title')}
          value={tuned.name}
          options={tunable.map((one) => ({
            value: one.name,
            label: `${nameOf(operands, one.name, language)} ${one.operator}`,
          }))}
          onChange={onChoose}
        />
        <strong className="og-number">{tuned.value}</strong>
      </div>
      {points.length > 1 && (
        <>
          <Slider
            min={0}
            max={points.length - 1}
            value={Math.max(place, 0)}
            ariaLabelForHandle={t('curve.slider')}
            tooltip={{ formatter: (n) => points[n ?? 0]?.value }}
            onChange={(n: number) => {
              const point = points[n];
              if (point) onTune(withThreshold(text, tuned.at, point.value));
            }}
          />
          <Chart
            height={150}
            label={t('curve.label', { name: nameOf(operands, tuned.name, language) })}
            option={option}
            table={{
              columns: [t('value'), t('curve.orders'), t('curve.bad'), t('curve.good')],
              rows: points.map((one) => [one.value, one.orders, one.bad, one.good]),
            }}
          />
        </>
      )}
    </div>
  );
}
