import { useMemo } from 'react';

import type { Schemas } from '@api/client';
import { useColours } from '@app/theme';
import { useWords } from '@app/words';
import { Chart } from '@components/Chart';
import { EmptyState } from '@components/EmptyState';

import { axes, sizeOf } from './drawing';
import { agesOf } from './series';

interface Props {
  picture: Schemas['LivePicture'];
  isWall: boolean;
}

/** How long paid orders have been waiting for their parcel. */
export function WaitingChart({ picture, isWall }: Props) {
  const { t, language } = useWords('live');
  const colours = useColours();
  const ages = useMemo(() => agesOf(picture), [picture]);
  const { option, table } = useMemo(() => {
    const size = sizeOf(isWall);
    const shared = axes(colours, size, language);
    const names = ages.spans.map(([from, until]) =>
      until === null ? t('waiting.longer', { from }) : t('waiting.span', { from, until }),
    );
    return {
      option: {
        ...shared,
        grid: { ...shared.grid, left: size * 6 },
        tooltip: { ...shared.tooltip, axisPointer: { type: 'shadow' } },
        xAxis: shared.yAxis,
        yAxis: {
          type: 'category',
          inverse: true,
          data: names,
          axisLabel: { color: colours.inkSoft, fontSize: size },
          axisLine: { lineStyle: { color: colours.line } },
        },
        series: ages.channels.map(([name, data], place) => ({
          type: 'bar',
          stack: 'all',
          name,
          data,
          color: colours.series[place % colours.series.length],
          barMaxWidth: size * 1.6,
        })),
      },
      table: {
        columns: [t('waiting.age'), ...ages.channels.map(([name]) => name)],
        rows: names.map((name, place) => [
          name,
          ...ages.channels.map(([, counts]) => counts[place] ?? 0),
        ]),
      },
    };
  }, [ages, colours, isWall, language, t]);
  if (ages.total === 0) return <EmptyState text={t('waiting.none')} />;
  return <Chart label={t('waiting.title')} option={option} table={table} />;
}
