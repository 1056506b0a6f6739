import { useMemo } from 'react';

import type { Schemas } from '@api/client';
import { useColours } from '@app/theme';
import { minuteOf } from '@app/times';
import { useWords } from '@app/words';
import { Chart } from '@components/Chart';
import { EmptyState } from '@components/EmptyState';

import { minutesOf } from './series';
import { axes, sizeOf } from './drawing';

interface Props {
  health: Schemas['Health'];
  picture: Schemas['LivePicture'] | undefined;
  isWall: boolean;
}

/** Orders a minute by channel, against the band of what is usual at this time. */
export function OrdersChart({ health, picture, isWall }: Props) {
  const { t, language } = useWords('live');
  const colours = useColours();
  const minutes = useMemo(() => minutesOf(health, picture), [health, picture]);
  const { option, table } = useMemo(() => {
    const { starts, channels, usual, far } = minutes;
    const size = sizeOf(isWall);
    const points = (values: (number | null)[]) => values.map((value, at) => [starts[at], value]);
    const hasBand = usual.some((one) => one !== null);
    const band = (name: string, values: (number | null)[], opacity: number) => ({
      type: 'line',
      name,
      data: points(values),
      step: 'end',
      symbol: 'none',
      lineStyle: { color: colours.band, width: opacity ? 0 : size / 8, type: 'dashed' },
      itemStyle: { color: colours.band },
      areaStyle: opacity ? { color: colours.band, opacity } : null,
      z: 1,
    });
    return {
      option: {
        ...axes(colours, size, language),
        series: [
          ...(hasBand ? [band(t('orders.usual'), usual, 0.45)] : []),
          ...(far.some((one) => one !== null) ? [band(t('orders.far'), far, 0)] : []),
          ...channels.map(([name, counts], place) => ({
            type: 'line',
            name,
            data: points(counts),
            symbol: 'none',
            color: colours.series[place % colours.series.length],
            lineStyle: { width: size / 6 },
            z: 3,
          })),
        ],
      },
      table: {
        columns: [
          t('orders.minute'),
          ...channels.map(([name]) => name),
          t('orders.usual'),
          t('orders.far'),
        ],
        rows: starts
          .map((start, place) => [
            minuteOf(start, language),
            ...channels.map(([, counts]) => counts[place] ?? 0),
            usual[place] ?? t('app:none'),
            far[place] ?? t('app:none'),
          ])
          .reverse(),
      },
    };
  }, [minutes, colours, isWall, language, t]);
  if (health.shops.length === 0) return <EmptyState text={t('orders.none')} />;
  return <Chart label={t('orders.title')} option={option} table={table} />;
}
