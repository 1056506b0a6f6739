import { useWords } from '@app/words';
import styles from './rules.module.css';

/** How a rule judges now; null: it does not yet. */
export function StatusTag({ status }: { status: string | null }) {
  const { t } = useWords('rules');
  const state = status ?? 'draft';
  return (
    <span className={styles.status} data-status={state}>
      {t(`state.${state}`)}
    </span>
  );
}
