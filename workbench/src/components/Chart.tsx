// A chart, and the same as a table: nobody has to read colours or curves.
import { BarChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import { init, use as register, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';

import { FONT, useColours, type Colours } from '@app/theme';
import { useWords } from '@app/words';

import styles from './Chart.module.css';

register([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  TooltipComponent,
]);

export interface ChartTable {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

interface Props {
  /** What it shows, for those who do not see it. */
  label: string;
  option: EChartsCoreOption;
  table: ChartTable;
  /** In pixels; missing: it fills its place. */
  height?: number;
}

export function Chart({ label, option, table, height }: Props) {
  const { t } = useWords('app');
  const [isTable, setTable] = useState(false);
  return (
    <figure className={styles.figure} style={height ? { height } : undefined}>
      {isTable ? <Rows label={label} table={table} /> : <Drawing label={label} option={option} />}
      <Button size="small" type="text" className={styles.turn} onClick={() => setTable(!isTable)}>
        {t(isTable ? 'chart.as_chart' : 'chart.as_table')}
      </Button>
    </figure>
  );
}

function Drawing({ label, option }: Pick<Props, 'label' | 'option'>) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const colours = useColours();
  useEffect(() => {
    if (!place.current) return undefined;
    const made = init(place.current);
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(place.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(
      {
        animation: false,
        color: [...colours.series],
        textStyle: { color: colours.inkSoft, fontFamily: FONT },
        ...option,
        // Axes take no colour of the text's.
        ...axesIn(colours, option),
      },
      { notMerge: true, lazyUpdate: true },
    );
  }, [option, colours]);
  return <div ref={place} role="img" aria-label={label} className={styles.drawing} />;
}

function axesIn(colours: Colours, option: EChartsCoreOption) {
  const readable = (axis: unknown) => {
    const known = axis as { axisLabel?: object };
    return { ...known, axisLabel: { color: colours.inkSoft, ...known.axisLabel } };
  };
  const named = ['xAxis', 'yAxis'].filter((name) => option[name]);
  return Object.fromEntries(named.map((name) => [name, readable(option[name])]));
}

function Rows({ label, table }: Pick<Props, 'label' | 'table'>) {
  return (
    // It scrolls, so it must be reachable by keys.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.rows} tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, place) => (
            <tr key={place}>
              {row.map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
