// What was done last, with the way back, for as long as there is one.
import { Button } from 'antd';
import { useEffect, useState } from 'react';

import { useWords } from '../words';
import { forgetDeed, undo, useDeed, type Deed } from './deeds';
import styles from './UndoBar.module.css';

interface Props {
  /** Told what the server said where it is too late. */
  onFailure: (error: unknown) => void;
}

export function UndoBar({ onFailure }: Props) {
  const deed = useDeed();
  return (
    <div role="status" className={styles.place}>
      {deed && <Bar key={deed.until} deed={deed} onFailure={onFailure} />}
    </div>
  );
}

function Bar({ deed, onFailure }: Props & { deed: Deed }) {
  const { t } = useWords();
  const [left, setLeft] = useState(() => secondsLeft(deed));
  useEffect(() => {
    const timer = setInterval(() => {
      const seconds = secondsLeft(deed);
      setLeft(seconds);
      if (seconds <= 0) forgetDeed();
    }, 250);
    return () => clearInterval(timer);
  }, [deed]);
  return (
    <div className={styles.bar}>
      <span>{t(`work.done.${deed.what}`, { count: deed.caseIds.length })}</span>
      <Button size="small" onClick={() => void undo().catch(onFailure)}>
        {t('work.undo')} <kbd>u</kbd>
      </Button>
      <span className="og-number" aria-hidden>
        {left} s
      </span>
    </div>
  );
}

function secondsLeft(deed: Deed): number {
  return Math.max(0, Math.ceil((deed.until - Date.now()) / 1_000));
}
