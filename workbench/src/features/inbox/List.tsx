// Thousands of rows, of which those in sight exist. What one row is, see Line.
import { Checkbox } from 'antd';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef } from 'react';

import { useIsNarrow } from '@app/useIsNarrow';
import { useNow } from '@app/useNow';
import { useWords } from '@app/words';

import { Line } from './Line';
import styles from './List.module.css';
import type { Rows } from './rows';
import type { Selection } from './useSelection';

const ROW_PX = 38;
const ROW_NARROW_PX = 66;
const BEYOND = 12;
const COLUMNS = ['severity', 'what', 'whom', 'orders', 'inbox', 'assignee', 'due'] as const;

interface Props {
  ids: readonly string[];
  rows: Rows;
  at: string | null;
  selection: Selection;
  titleOf: (rule: string) => string;
  onPoint: (caseId: string) => void;
}

export function List({ ids, rows, at, selection, titleOf, onPoint }: Props) {
  const { t } = useWords('inbox');
  const now = useNow();
  const isNarrow = useIsNarrow();
  const place = useRef<HTMLDivElement>(null);
  const height = isNarrow ? ROW_NARROW_PX : ROW_PX;
  // The compiler leaves components with such hooks alone; there is none here.
  // eslint-disable-next-line react-hooks/incompatible-library
  const lines = useVirtualizer({
    count: ids.length,
    getScrollElement: () => place.current,
    estimateSize: () => height,
    getItemKey: (index) => ids[index] ?? index,
    overscan: BEYOND,
  });
  const index = at === null ? -1 : ids.indexOf(at);

  useLayoutEffect(() => {
    const box = place.current;
    const bar = box ? box.offsetWidth - box.clientWidth : 0;
    box?.parentElement?.style.setProperty('--scroll-bar', `${bar}px`);
  }, []);
  useEffect(() => {
    lines.measure();
  }, [lines, height]);
  useEffect(() => {
    if (index >= 0) lines.scrollToIndex(index, { align: 'auto' });
  }, [lines, index]);

  return (
    <div
      className={styles.list}
      role="grid"
      aria-label={t('list')}
      aria-rowcount={ids.length + 1}
      aria-multiselectable
      data-narrow={isNarrow}
    >
      <div className={styles.head} role="row" aria-rowindex={1}>
        <span role="columnheader" className={styles.mark}>
          <Checkbox
            aria-label={t('mark_all')}
            checked={ids.length > 0 && selection.marked.size === ids.length}
            indeterminate={selection.marked.size > 0 && selection.marked.size < ids.length}
            onChange={(event) =>
              event.target.checked ? selection.markAll() : selection.clear()
            }
          />
        </span>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader" data-column={column}>
            {t(`column.${column}`)}
          </span>
        ))}
      </div>
      <div
        ref={place}
        className={styles.body}
        role="rowgroup"
        // It scrolls, so it must be reachable by keys.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={t('list')}
      >
        <div className={styles.all} style={{ height: lines.getTotalSize() }} role="presentation">
          {lines.getVirtualItems().map((item) => {
            const row = rows.rows.get(ids[item.index] ?? '');
            return (
              row && (
                <Line
                  key={item.key}
                  row={row}
                  index={item.index}
                  top={item.start}
                  height={height}
                  isAt={row.case_id === at}
                  isMarked={selection.marked.has(row.case_id)}
                  now={now}
                  titleOf={titleOf}
                  onPoint={onPoint}
                  onMark={selection.toggle}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}
