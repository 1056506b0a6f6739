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

/** As the line is drawn. */
const DASHES = 'path://M0 0h5v2h-5z M8 0h5v2h-5z M16 0h5v2h-5z';

/** Orders a minute by channel, against the band of what is usual at this time. */
export function OrdersChart({ health, picture, isWall }: Props) {
  const { t, language } = useWords('live');
  const colours = useColours();
  const minutes = useMemo(() => minutesOf(health, picture), [health, picture]);
  const { option, table } = useMemo(() => {
    const { starts, channels, usual, far } = minutes;
    const size = sizeOf(isWall);
    const points = (values: (number | null)[]) => values.map((value, at) => [starts[at], value]);
    const isKnown = (values: (number | null)[]) => values.some((one) => one !== null);
    const step = { type: 'line', step: 'end', symbol: 'none', z: 1 };
    const [normal, high] = [t('orders.usual'), t('orders.far')];
    const bands = [
      ...(isKnown(usual)
        ? [
            {
              ...step,
              name: normal,
              data: points(usual),
              lineStyle: { width: 0 },
              itemStyle: { color: colours.band },
              areaStyle: { color: colours.band, opacity: 0.45 },
            },
          ]
        : []),
      ...(isKnown(far)
        ? [
            {
              ...step,
              name: high,
              data: points(far),
              lineStyle: { color: colours.inkSoft, width: size / 8, type: 'dashed' },
              itemStyle: { color: colours.inkSoft },
            },
          ]
        : []),
    ];
    const shared = axes(colours, size, language);
    const named = [...bands.map(({ name }) => name), ...channels.map(([name]) => name)];
    return {
      option: {
        ...shared,
        legend: {
          ...shared.legend,
          data: named.map((name) => (name === high ? { name, icon: DASHES } : { name })),
        },
        series: [
          ...bands,
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
          normal,
          high,
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
