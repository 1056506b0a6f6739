import type { Schemas } from '@api/client';
import { useWords } from '@app/words';

import styles from './SeverityTag.module.css';

export type Severity = Schemas['Severity'];

/** From the mildest to the worst. */
export const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

export function SeverityTag({ severity }: { severity: Severity }) {
  const { t } = useWords('app');
  return (
    <span className={styles.tag} data-severity={severity}>
      {t(`severity.${severity}`)}
    </span>
  );
}
