import { Checkbox } from 'antd';
import { memo, type MouseEvent } from 'react';
import { Link } from 'react-router';

import { spanOf } from '@app/times';
import { useWords } from '@app/words';
import { subjectText } from '@components/evidence';
import { SeverityTag } from '@components/SeverityTag';

import styles from './List.module.css';
import { isWaiting, type Row } from './view';

const SOON_MS = 10 * 60_000;

interface Props {
  row: Row;
  index: number;
  top: number;
  height: number;
  isAt: boolean;
  isMarked: boolean;
  now: number;
  titleOf: (rule: string) => string;
  onPoint: (caseId: string) => void;
  onMark: (caseId: string, isRange: boolean) => void;
}

export const Line = memo(function Line(props: Props) {
  const { row, index, top, height, isAt, isMarked, now, titleOf, onPoint, onMark } = props;
  const { t } = useWords('inbox');
  const [first, ...others] = row.rules;
  const mark = (event: MouseEvent) => {
    event.stopPropagation();
    onMark(row.case_id, event.shiftKey);
  };
  return (
    // The keys of the page do the same: j and k, Enter, x.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={isMarked}
      data-case={row.case_id}
      data-at={isAt}
      data-over={!isWaiting(row)}
      className={styles.row}
      style={{ height, transform: `translateY(${top}px)` }}
      onClick={() => onPoint(row.case_id)}
    >
      <span role="gridcell" className={styles.mark}>
        <Checkbox
          checked={isMarked}
          onClick={mark}
          aria-label={t('mark', { id: row.order_id ?? row.case_id })}
        />
      </span>
      <span role="gridcell" data-column="severity">
        <SeverityTag severity={row.severity} />
      </span>
      <span role="gridcell" data-column="what">
        <Link to={`/cases/${encodeURIComponent(row.case_id)}`}>
          {first ? titleOf(first) : t('unnamed')}
        </Link>
        {others.length > 0 && (
          <span className="og-note" title={others.map(titleOf).join(', ')}>
            +{others.length}
          </span>
        )}
      </span>
      <span role="gridcell" data-column="whom" className="og-note">
        {row.subject ? subjectText(row.subject, t) : row.order_id}
      </span>
      <span role="gridcell" data-column="orders" className="og-number">
        {row.orders}
      </span>
      <span role="gridcell" data-column="inbox">
        {t(`inbox.${row.inbox}`)}
      </span>
      <span role="gridcell" data-column="assignee" data-none={row.assignee === null}>
        {row.assignee ?? t('nobody')}
      </span>
      <span role="gridcell" data-column="due" className="og-number">
        {isWaiting(row) ? <Due row={row} now={now} /> : t(`found.${row.disposition ?? 'itself'}`)}
      </span>
    </div>
  );
}, isSame);

/** The time counts only where it shows. */
function isSame(a: Props, b: Props): boolean {
  const rest = { ...a, now: b.now };
  const keys = Object.keys(b) as (keyof Props)[];
  return keys.every((key) => rest[key] === b[key]) && (a.now === b.now || !isWaiting(a.row));
}

function Due({ row, now }: { row: Row; now: number }) {
  const { t } = useWords('inbox');
  const left = Date.parse(row.due_at) - now;
  const { key, n } = spanOf(left);
  const span = t(`app:span.${key === 'ms' ? 'seconds' : key}`, { n: key === 'ms' ? 0 : n });
  const state = left < 0 ? 'late' : left < SOON_MS ? 'soon' : 'calm';
  return (
    <span className={styles.due} data-due={state}>
      {t(left < 0 ? 'overdue' : 'due_in', { span })}
      {row.status === 'waiting' && <i title={t('waits_for_buyer')}> {t('waits')}</i>}
    </span>
  );
}
