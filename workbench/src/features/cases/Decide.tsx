// What the case is found to be. It may be taken back for a few seconds, see UndoBar.
import { Button } from 'antd';

import { momentOf } from '@app/times';
import { verdictsOf, type Verdict } from '@app/work/deeds';
import { useWords } from '@app/words';

import styles from './cases.module.css';
import type { CaseDetail } from './useCase';

interface Props {
  one: CaseDetail;
  mayDecide: boolean;
  isBusy: boolean;
  onDecide: (verdict: Verdict) => void;
}

export function Decide({ one, mayDecide, isBusy, onDecide }: Props) {
  const { t, language } = useWords('cases');
  if (one.status === 'closed' || one.status === 'merged') {
    return (
      <p className={styles.decided} data-found={one.disposition ?? 'itself'}>
        <strong>{t(`found.${one.disposition ?? 'itself'}`)}</strong>
        {one.action && one.action !== 'none' && <> · {t(`action.${one.action}`)}</>}
        {one.decided_by && one.decided_at && (
          <span className="og-note">
            {' '}
            {one.decided_by}, {momentOf(one.decided_at, language)}
          </span>
        )}
        {one.comment && <span className={styles.said}>{one.comment}</span>}
      </p>
    );
  }
  if (!mayDecide) return <p className="og-note">{t('may_not')}</p>;
  return (
    <div className={styles.verdicts}>
      {verdictsOf(one.kind).map((verdict, place) => (
        <Button
          key={verdict}
          type={place === 0 ? 'primary' : 'default'}
          danger={verdict === 'cancel'}
          disabled={isBusy}
          title={t(`means.${verdict}`)}
          onClick={() => onDecide(verdict)}
        >
          {t(`app:work.verdict.${verdict}`)}
          {place < 2 && <kbd>{'eh'[place]}</kbd>}
        </Button>
      ))}
    </div>
  );
}
