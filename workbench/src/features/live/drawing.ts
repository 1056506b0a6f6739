// What the charts of the live screen have in common.
import type { Colours } from '@app/theme';
import { minuteOf } from '@app/times';
import type { Language } from '@app/words';

/** Of letters, in pixels: those of a wall are read from afar, whatever its resolution. */
export function sizeOf(isWall: boolean): number {
  return isWall ? Math.max(14, Math.round(innerWidth / 105)) : 12;
}

export function axes(colours: Colours, size: number, language: Language) {
  const axisLabel = { color: colours.inkSoft, fontSize: size, hideOverlap: true };
  return {
    grid: { left: size * 3, right: size, top: size * 2.6, bottom: size * 2 },
    legend: {
      type: 'scroll',
      top: 0,
      left: 0,
      icon: 'roundRect',
      itemWidth: size * 1.2,
      itemHeight: size * 0.5,
      textStyle: { color: colours.ink, fontSize: size },
    },
    tooltip: {
      trigger: 'axis',
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: size },
    },
    xAxis: {
      type: 'time',
      axisLabel: { ...axisLabel, formatter: (at: number) => minuteOf(at, language) },
      axisLine: { lineStyle: { color: colours.line } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel,
      splitLine: { lineStyle: { color: colours.line } },
    },
  };
}
